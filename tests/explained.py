"""Runs whose places are explained: an alignment of few items, and one of its media with its place."""

import numpy as np

from mmalign_core.store import Store
from mmalign_core.types import Collection, Media
from mmalign_core.workflow import Choices, Run, align, encode
from mmalign_core.workflow.explanation.placed_media import placed_medium


def fitted_run(few: Collection, store: Store, name: str, **params: object) -> Run:
    """Its pictures and captions by the aligner of that name."""
    choices = Choices(pair=("image", "text"), aligner=name, params=params)
    return align(few, encode(few, store=store), choices, store=store)


def medium_of(run: Run, modality: str, row: int = 3) -> tuple[Media, np.ndarray]:
    """The medium of that row of a modality, and its place (k,)."""
    space = run.result.space[modality]
    found = placed_medium(run, modality, space.ids[row])
    assert found.medium is not None
    return found.medium, space.vectors[row]

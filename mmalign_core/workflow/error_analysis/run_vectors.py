"""The vectors of a run as its encoders made them, from which it can be fitted again."""

from __future__ import annotations

from dataclasses import replace

from mmalign_core.spaces import is_known, reference_of
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Progress, no_progress
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.encoding import Encoding, encode


def run_vectors(run: Run, *, store: Store, progress: Progress = no_progress) -> Encoding:
    """The encoding of the modalities that the run holds, from the store where it holds them.

    BadInput where media or models are gone, or an encoder is of another version than the one that the run used.
    """
    references = {modality: reference_of(key) for modality, key in run.encoders.items() if is_known(reference_of(key))}
    encoding = encode(run.collection, references, store=store, progress=progress)
    for modality, key in run.encoders.items():
        now = encoding.encoders.get(modality)
        if now != key:
            made = f"'{now}' makes them now" if now else "they cannot be made any more"
            raise BadInput(f"the {modality} vectors of the run were made by '{key}', and {made}; align again")
    sets = {modality: encoding.sets[modality] for modality in run.encoders}
    return replace(encoding, sets=sets, encoders={m: encoding.encoders[m] for m in sets})

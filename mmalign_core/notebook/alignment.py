"""Align what a notebook holds in one call, and open what was saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from mmalign_core.aligners import Aligner
from mmalign_core.data.in_memory import collection_from_arrays, collection_from_frame
from mmalign_core.notebook.runs import AlignedRun
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.store.places import is_object_storage
from mmalign_core.types import BadInput, Collection, Progress, no_progress
from mmalign_core.workflow import Choices, default_aligner, encode, encoded_run, load_run, open_collection, open_demo
from mmalign_core.workflow import align as align_encoded

Data = Collection | str | Path | pd.DataFrame | Mapping[str, Any]
"""What `align` takes: a collection, a path, a data frame, or modality -> rows."""


def align(
    data: Data,
    aligner: str | Aligner | type[Aligner] | None = None,
    *,
    pair: tuple[str, str] | str | None = None,
    params: Mapping[str, Any] | None = None,
    encoders: Mapping[str, str] | None = None,
    ids: Sequence[Any] | None = None,
    store: Store | str | Path | None = None,
    progress: Progress = no_progress,
    **choices: Any,
) -> AlignedRun:
    """Align two modalities and measure how well they match.

    `data`: {"image": X, "text": Y} with vectors (n, d), n texts or n paths, paired by position (`ids` names the rows);
    a data frame with a manifest's columns; a folder, manifest or archive; or a `Collection`.
    `aligner`: a name, or an aligner with its parameters, such as Cca(dims=2); what suits the data without it.
    `pair`: the two modalities, also as "image:text"; without it the mapping's first two keys, or image and text.
    `encoders`: modality -> encoder for media. `store`: where encoded media are kept, the default store without it.
    `choices`: further fields of `Choices`: test=0.2 or folds=5 hold items out, similarity, correction, matcher, seed.

    Data of one modality, such as {"text": captions}, are encoded only, with nothing else given: the run can be asked
    and explained, and nothing is measured. Raises BadInput in one line that says what was wrong and what to do.

    >>> import numpy as np
    >>> import mmalign_core as mm
    >>> shared = np.random.default_rng(0).normal(size=(200, 4))
    >>> run = mm.align({"image": shared @ np.ones((4, 6)) + shared @ np.eye(4, 6), "text": shared}, "cca")
    >>> run.recall(1) == 1
    True
    """
    kept = _store(store)
    collection = _collection(data, ids, kept, progress)
    alone = len(collection.modalities) == 1 and not (aligner or pair or params or choices)
    chosen = None if alone else _choices(data, collection, pair, aligner, params, encoders or {}, choices)
    encoding = encode(collection, encoders, store=kept, settings=_settings(kept), progress=progress)
    if chosen is None:
        return AlignedRun(encoded_run(collection, encoding), kept)
    return AlignedRun(align_encoded(collection, encoding, chosen, store=kept, progress=progress), kept)


def load(path: str | Path, *, store: Store | str | Path | None = None) -> AlignedRun:
    """The run that `AlignedRun.save` or `mmalign align --save` wrote; BadInput if there is none or it is damaged."""
    kept = _store(store)
    return AlignedRun(load_run(str(path), store=kept), kept)


def demo(*, store: Store | str | Path | None = None) -> Collection:
    """The embedded demo: 406 drawn or photographed items with captions, 66 of them with sounds, and simulated users."""
    return open_demo(settings=_settings(_store(store)))


def _store(store: Store | str | Path | None) -> Store:
    if isinstance(store, Store):
        return store
    settings = Settings()
    if is_object_storage(store):
        return Store(settings.root, str(store))
    return Store(store or settings.root, "" if store else settings.vectors)


def _settings(store: Store) -> Settings:
    return replace(Settings(), root=store.root, vectors=store.vectors)


def _collection(data: Data, ids: Sequence[Any] | None, store: Store, progress: Progress) -> Collection:
    settings = _settings(store)
    if ids is not None and not isinstance(data, Mapping):
        raise BadInput("ids go with arrays; name the rows of a data frame or manifest by its column 'id'")
    if isinstance(data, Collection):
        return data
    if isinstance(data, pd.DataFrame):
        return collection_from_frame(data, settings=settings, progress=progress)
    if isinstance(data, Mapping):
        return collection_from_arrays(data, ids=ids, settings=settings, progress=progress)
    if isinstance(data, str | Path):
        return open_collection(data, settings=settings, progress=progress)
    cure = "give {'image': X, 'text': Y}, a data frame, or a path"
    raise BadInput(f"{type(data).__name__} is no collection; {cure}")


def _named_pair(pair: tuple[str, str] | str | None) -> tuple[str, str] | None:
    """The pair that was asked for, None without one; BadInput unless it names two different modalities."""
    if pair is None:
        return None
    named = tuple(pair.split(":")) if isinstance(pair, str) else tuple(pair) if isinstance(pair, Sequence) else ()
    if len(named) != 2 or named[0] == named[1]:
        raise BadInput(f"pair={pair!r}: name two different modalities, such as ('image', 'text')")
    return named[0], named[1]


def _pair(data: Data, collection: Collection) -> tuple[str, str]:
    present = collection.modalities
    named = (
        [m for m in data if m in present]
        if isinstance(data, Mapping)
        else [m for m in ("image", "text") if m in present]
    )
    ordered = [*named, *(m for m in present if m not in named)]
    if len(ordered) < 2:
        raise BadInput(f"'{collection.name}' holds {' and '.join(present)} alone; an alignment needs two modalities")
    return ordered[0], ordered[1]


def _choices(
    data: Data,
    collection: Collection,
    pair: tuple[str, str] | str | None,
    aligner: str | Aligner | type[Aligner] | None,
    params: Mapping[str, Any] | None,
    encoders: Mapping[str, str],
    further: Mapping[str, Any],
) -> Choices:
    """The choices, checked before anything is encoded; BadInput as `Choices.check`, and for an unknown option."""
    known = Choices.__dataclass_fields__
    unknown = next((name for name in further if name not in known), None)
    if unknown is not None:
        raise BadInput(f"no option '{unknown}'; choose from: {', '.join(known)}")
    if isinstance(aligner, type) and issubclass(aligner, Aligner):
        aligner = aligner.name
    if isinstance(aligner, Aligner):
        given = {**aligner.params, **params} if isinstance(params, Mapping) else params
        aligner, params = aligner.name, aligner.params if given is None else given
    modalities = _named_pair(pair) or _pair(data, collection)
    suited = aligner or default_aligner(modalities, encoders, collection.vectors)
    chosen = Choices(pair=modalities, aligner=suited, params=params, **further)
    chosen.check()
    return chosen

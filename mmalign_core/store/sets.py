"""Embedding sets and named arrays in a folder: safetensors for numbers, JSON for words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.store.folders import write_json
from mmalign_core.types import BadInput, Concepts, EmbeddingSet, frozen_array


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays of numbers; BadInput names one that is not."""
    from safetensors.numpy import save_file

    plain = {name: np.array(array, order="C") for name, array in arrays.items()}
    for name, array in plain.items():
        if array.dtype.kind not in "biuf":
            raise BadInput(f"the array '{name}' is of type {array.dtype}; only numbers and truth values can be kept")
    native = {name: array.astype(array.dtype.newbyteorder("="), copy=False) for name, array in plain.items()}
    save_file(native, path)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Name -> read-only array."""
    from safetensors.numpy import load_file

    return {name: frozen_array(array, array.dtype).reshape(array.shape) for name, array in load_file(path).items()}


def write_sets(folder: Path, sets: Mapping[str, EmbeddingSet]) -> None:
    """Write modality -> set into a new folder."""
    folder.mkdir()
    write_json(folder / "sets.json", [[key, _words(s)] for key, s in sets.items()])
    for i, s in enumerate(sets.values()):
        write_arrays(folder / f"{i}.safetensors", _numbers(s))


def read_sets(folder: Path) -> dict[str, EmbeddingSet]:
    """What `write_sets` wrote, in the same order."""
    described = json.loads((folder / "sets.json").read_text())
    return {key: _set(words, read_arrays(folder / f"{i}.safetensors")) for i, (key, words) in enumerate(described)}


def _words(s: EmbeddingSet) -> dict[str, Any]:
    labels = None if s.concepts is None else s.concepts.labels
    return {name: getattr(s, name) for name in ("modality", "ids", "keys", "encoder", "digest")} | {"labels": labels}


def _numbers(s: EmbeddingSet) -> dict[str, np.ndarray]:
    arrays = {"vectors": s.vectors}
    if s.concepts is not None:
        arrays["posterior"] = s.concepts.posterior
        if s.concepts.vectors is not None:
            arrays["label_vectors"] = s.concepts.vectors
    return arrays


def _set(words: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> EmbeddingSet:
    concepts = None
    if words["labels"] is not None:
        concepts = Concepts(tuple(words["labels"]), arrays["posterior"], arrays.get("label_vectors"))
    ids, keys = tuple(words["ids"]), tuple(words["keys"])
    return EmbeddingSet(words["modality"], ids, keys, arrays["vectors"], words["encoder"], concepts)

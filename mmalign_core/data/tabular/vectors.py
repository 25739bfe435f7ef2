"""Vectors made elsewhere, as columns of a manifest bring them: checked row by row, then gathered into one set."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmalign_core.data.tabular.rows import is_missing
from mmalign_core.types import BadInput, EmbeddingSet, Media, digest_bytes


def parse_vectors(cell: Any, column: str) -> np.ndarray:
    """A cell as (rows, d) float32: one vector is a list of numbers, several are a list of lists.

    Raises BadInput if it is missing, ragged, empty, not numbers, or holds NaN or infinity.
    """
    if is_missing(cell):
        raise BadInput(f"{column} is missing; give the vector or remove the item")
    try:
        vectors = _as_float32(json.loads(cell) if isinstance(cell, str) else _stacked(cell))
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise BadInput(f"{column} is not a list of numbers; write it as [0.1, 0.2, …]") from error
    vectors = vectors[None] if vectors.ndim == 1 else vectors
    if vectors.ndim != 2 or not vectors.size:
        raise BadInput(f"{column} is not a list of numbers or a list of such lists; correct it")
    if not np.isfinite(vectors).all():
        raise BadInput(f"{column} holds NaN or infinity; mend or remove the vector")
    return vectors


def _as_float32(numbers: Any) -> np.ndarray:
    """A copy; what is too large for float32 becomes infinite without a warning, and is reported."""
    if isinstance(numbers, np.ndarray) and numbers.dtype in (np.float32, np.float16):
        return np.array(numbers, dtype=np.float32)
    with np.errstate(over="ignore"):
        return np.array(numbers, dtype=np.float32)


def common_width(parsed: Sequence[np.ndarray]) -> int:
    """The length that most vectors of a column have; the first of equally common ones, 0 if there are none."""
    counts = Counter(v.shape[1] for v in parsed)
    return counts.most_common(1)[0][0] if counts else 0


def check_width(vectors: np.ndarray, width: int, column: str) -> None:
    """BadInput if vectors (rows, d) do not have the column's width."""
    if vectors.shape[1] != width:
        raise BadInput(f"{column} has {vectors.shape[1]} numbers where the others have {width}; make them equal")


def given_set(modality: str, rows: Mapping[str, np.ndarray], media: Mapping[str, Sequence[Media]]) -> EmbeddingSet:
    """The vectors of a modality, item -> (rows, d), in order, with encoder 'given@<digest>'.

    A row's content key is the digest of the medium it stands for where the item has as many media of the modality as
    vectors, so that identical captions still count as identical; else that of the vector.
    """
    ids = tuple(item for item, vectors in rows.items() for _ in vectors)
    keys = tuple(key for item, vectors in rows.items() for key in _keys(vectors, media.get(item, ())))
    stacked = np.concatenate(list(rows.values()))
    version = digest_bytes("\n".join(ids).encode(), stacked.tobytes())[:8]
    return EmbeddingSet(modality, ids, keys, stacked, f"given@{version}")


def _keys(vectors: np.ndarray, media: Sequence[Media]) -> list[str]:
    if len(media) == len(vectors):
        return [medium.digest for medium in media]
    return [digest_bytes(vector.tobytes()) for vector in vectors]


def _stacked(cell: Any) -> Any:
    """Nested arrays of objects, as Parquet gives lists of lists, as plain lists."""
    return [_stacked(c) for c in cell] if getattr(cell, "dtype", None) == np.dtype(object) else cell

"""Vectors that come with the data: the modality from a name, and one cell as an array."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from mmalign_core.data.tabular.rows import is_missing
from mmalign_core.types import BadInput
from mmalign_core.types.single import single_rows

_WORDS = {
    "text": "text",
    "txt": "text",
    "caption": "text",
    "image": "image",
    "img": "image",
    "picture": "image",
    "photo": "image",
    "audio": "audio",
    "sound": "audio",
    "video": "video",
}
_KIND = "vector|embedding|embed|emb|feature|feat"
_NAME = re.compile(rf"({'|'.join(_WORDS)})s?(?:[-_. ]?(?:{_KIND})s?)?|(?:{_KIND})s?[-_. ]({'|'.join(_WORDS)})s?")
_PART = re.compile(r"[-_. ]+")
VECTOR_NAMES = ("vector", "vectors", "embedding", "embeddings", "emb", "embs", "features", "feature")
"""Names of columns of vectors without a stated modality."""
ID_NAMES = (
    *("ids", "id", "item_ids", "item_id", "keys", "names", "image_ids", "image_id", "filenames", "file_names"),
    *("filename", "file_name", "paths", "image_paths", "asins", "skus"),
)
"""Names of arrays and columns of ids; the first that exists is used."""

NOT_FINITE = "holds NaN or infinity; mend or remove the vector"


def vectors_of(name: str) -> str | None:
    """The modality of the vectors in an array or column called `name`; None if the name says none ('features_clip').

    'image', 'image_vector', 'img_emb' and 'features_image' all say image, and so does 'clip_image_embedding'.
    """
    plain = name.strip().lower()
    match = _NAME.fullmatch(plain)
    if match:
        return _WORDS[match[1] or match[2]]
    parts = _PART.split(plain)
    said = {_WORDS[word] for part in parts for word in (part, part.removesuffix("s")) if word in _WORDS}
    kind = any(re.fullmatch(f"(?:{_KIND})s?", part) for part in parts) and not any(map(str.isdigit, parts))
    return said.pop() if kind and len(said) == 1 else None


def parse_vectors(cell: Any, column: str) -> np.ndarray:
    """The vectors (n, d) float32 in a cell: a list of d numbers, a list of n such lists, or either as JSON.

    Raises BadInput, which calls the cell `column`, if it is missing, empty, ragged, not numeric or not finite.
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
        raise BadInput(f"{column} {NOT_FINITE}")
    return vectors


def _as_float32(numbers: Any) -> np.ndarray:
    """The numbers as a new float32 array; rows beyond its range are scaled."""
    if isinstance(numbers, np.ndarray) and numbers.dtype in (np.float32, np.float16):
        return np.array(numbers, dtype=np.float32)
    doubles = np.array(numbers, dtype=np.float64)
    return single_rows(doubles[None])[0] if doubles.ndim == 1 else single_rows(doubles)


def _stacked(cell: Any) -> Any:
    """Nested arrays of objects, which is how Parquet gives lists of lists, as nested lists."""
    return [_stacked(c) for c in cell] if getattr(cell, "dtype", None) == np.dtype(object) else cell

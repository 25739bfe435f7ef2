"""A small collection of given vectors in one space."""

from dataclasses import replace

import numpy as np
import pandas as pd

from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.workflow import (
    Encoding,
)


def given(rows: int = 30, width: int = 8) -> tuple[Collection, Encoding]:
    """A collection of given vectors in one space: each text lies near its image."""
    rng = np.random.default_rng(0)
    image = rng.normal(size=(rows, width)).astype(np.float32)
    text = image + 0.3 * rng.normal(size=image.shape).astype(np.float32)
    ids = tuple(f"i{n}" for n in range(rows))
    sets = {
        m: EmbeddingSet(m, ids, tuple(m + i for i in ids), v, "given@1") for m, v in (("image", image), ("text", text))
    }
    collection = Collection("given", pd.DataFrame(index=list(ids)), (), vectors=sets)
    return collection, Encoding(sets, {"image": "given@1", "text": "given@1"}, {}, (), {})


def dated(rows: int = 30, **columns: object) -> tuple[Collection, Encoding]:
    """The given collection with these metadata columns."""
    collection, encoding = given(rows)
    frame = pd.DataFrame(columns, index=collection.items.index)
    return replace(collection, items=frame, digest=""), encoding

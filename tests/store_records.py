"""Collections and runs with everything in them, for the tests of the store."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from mmalign_core.store import RunRecord
from mmalign_core.types import Collection, Concepts, EmbeddingSet, Media, Skipped, digest_bytes

REPOSITORY = Path(__file__).parents[1]
WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
CELLS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)


def embedding_set(modality: str, ids: list[str], seed: int = 0, concepts: bool = False) -> EmbeddingSet:
    rng = np.random.default_rng(seed)
    seen = Concepts(("bell", "犬"), rng.random((len(ids), 2), np.float32), rng.random((2, 3), np.float32))
    vectors = rng.standard_normal((len(ids), 4), dtype=np.float32)
    keys = tuple(digest_bytes(i.encode()) for i in ids)
    return EmbeddingSet(modality, tuple(ids), keys, vectors, "toy@1", seen if concepts else None)


def collection(ids: list[str], seed: int = 0) -> Collection:
    count = len(ids)
    items = pd.DataFrame(
        {
            "title": [f"Bild {i} \U0001f989" for i in range(count)],
            "tags": [["a", "b"][: i % 3] or None for i in range(count)],
            "year": np.arange(count) + 1990,
            "price": [math.nan if i % 2 else i / 3 for i in range(count)],
            "kind": pd.Categorical(["x", "y"] * count)[:count],
            "seen": pd.date_range("2020-01-01", periods=count, tz="UTC"),
            "stock": pd.array([None if i % 2 else i for i in range(count)], dtype="Int64"),
            "mixed": [[1, "1", None, {"k": [2.5]}][i % 4] for i in range(count)],
        },
        index=pd.Index(ids, dtype="str", name="id"),
    )
    media = [Media(i, "text", digest_bytes(i.encode()), text=f"text of {i}") for i in ids]
    media += [Media(i, "image", digest_bytes(b"p", i.encode()), path=f"/pictures/{i}\udcff.png") for i in ids]
    users = pd.DataFrame({"user_id": ["u"] * count, "item_id": ids, "rating": np.linspace(1, 5, count)})
    given_vectors = {"audio": embedding_set("audio", ids, seed, concepts=True)}
    skipped = (Skipped("böse", "image", "cannot be decoded", "böse.png"),)
    return Collection("demo", items, tuple(media), skipped, given_vectors, users, "photos: somebody, CC BY")


def run_record(ids: list[str], run_id: str = "run-1", seed: int = 0) -> RunRecord:
    rng = np.random.default_rng(seed)
    return RunRecord(
        id=run_id,
        pair=("image", "text"),
        aligner="procrustes",
        params={"dim": 4, "centre": True, "name": "ü"},
        seed=seed,
        similarity="cosine",
        correction="csls",
        matcher="argmax",
        encoders={"image": "lite@1", "text": "use@3#ab"},
        report={"metrics": {"image->text": {"recall@1": 0.5, "median_rank": np.float32(2)}}, "nan": math.nan},
        collection=collection(ids, seed),
        space={"image": embedding_set("image", ids, seed), "text": embedding_set("text", [*ids, *ids], seed + 1, True)},
        state={"rotation": rng.random((4, 4)), "mean/image": rng.random(4).astype(np.float16), "n": np.array(3)},
    )


def assert_same_set(a: EmbeddingSet, b: EmbeddingSet) -> None:
    assert (a.modality, a.ids, a.keys, a.encoder, a.digest) == (b.modality, b.ids, b.keys, b.encoder, b.digest)
    assert a.vectors.tobytes() == b.vectors.tobytes() and a.vectors.shape == b.vectors.shape
    assert (a.concepts is None) == (b.concepts is None)
    if a.concepts is not None and b.concepts is not None:
        assert a.concepts.labels == b.concepts.labels
        np.testing.assert_array_equal(a.concepts.posterior, b.concepts.posterior)
        np.testing.assert_array_equal(a.concepts.vectors, b.concepts.vectors)  # type: ignore[arg-type]


def assert_same_collection(a: Collection, b: Collection) -> None:
    assert (a.name, a.media, a.skipped, a.attribution, a.digest) == (
        b.name,
        b.media,
        b.skipped,
        b.attribution,
        b.digest,
    )
    pd.testing.assert_frame_equal(a.items, b.items)
    if a.interactions is None or b.interactions is None:
        assert a.interactions is b.interactions
    else:
        pd.testing.assert_frame_equal(a.interactions, b.interactions)
    assert list(a.vectors) == list(b.vectors)
    for name in a.vectors:
        assert_same_set(a.vectors[name], b.vectors[name])


def assert_same_run(a: RunRecord, b: RunRecord) -> None:
    plain = json.loads(json.dumps(a.head(), default=lambda v: v.tolist()))
    assert json.dumps(plain) == json.dumps(b.head()) and b.pair == a.pair
    assert_same_collection(a.collection, b.collection)
    assert list(a.space) == list(b.space) and set(a.state) == set(b.state)
    for name in a.space:
        assert_same_set(a.space[name], b.space[name])
    for name, array in a.state.items():
        assert array.dtype == b.state[name].dtype and not b.state[name].flags.writeable
        np.testing.assert_array_equal(array, b.state[name])

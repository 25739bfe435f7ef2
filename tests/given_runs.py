"""Runs of given vectors whose errors are known."""

import numpy as np
import pandas as pd

from mmalign_core.store import Store
from mmalign_core.types import Collection, EmbeddingSet, Media, digest_bytes
from mmalign_core.workflow import Choices, Encoding, Run, align

N = 60
PAIR = ("image", "text")


def given(pictures: np.ndarray, words: np.ndarray, media: tuple[Media, ...] = ()) -> Collection:
    """Items i00, i01, … with these vectors as they are."""
    ids = tuple(f"i{k:02d}" for k in range(max(len(pictures), len(words))))
    sets = {}
    for modality, vectors in zip(PAIR, (pictures, words)):
        keys = tuple(m.digest for m in media if m.modality == modality)
        own = ids[: len(vectors)]
        sets[modality] = EmbeddingSet(modality, own, keys or tuple(f"{modality}{i}" for i in own), vectors, "given@1")
    return Collection("toy", pd.DataFrame(index=list(ids)), media, vectors=sets)


def aligned(collection: Collection, store: Store, **choices: object) -> Run:
    sets = dict(collection.vectors)
    encoding = Encoding(sets, dict.fromkeys(sets, "given"), {}, (), {})
    return align(collection, encoding, Choices(**{"aligner": "as-is", **choices}), store=store)


def formula_run(store: Store) -> Run:
    """60 pairs, a fourth held out; texts begin as formulas do; i07's text crowds all; i60 and i61 have no text."""
    rng = np.random.default_rng(0)
    pictures = rng.standard_normal((N + 2, 16)) + 0.7
    words = pictures[:N] + 1.3 * rng.standard_normal((N, 16))
    words[7] = 0.7
    said = [f'{"=+-@x"[k % 5]}text {k}, "quoted" ü' for k in range(N)]
    texts = tuple(Media(f"i{k:02d}", "text", digest_bytes(t.encode()), text=t) for k, t in enumerate(said))
    return aligned(given(pictures, words, texts), store, aligner="procrustes", test=0.25)

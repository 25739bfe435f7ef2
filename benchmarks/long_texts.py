"""Texts longer than an encoder reads: recall by their start alone and by the mean of windows, side by side.

python benchmarks/long_texts.py [encoder] [times the limit] [documents] [manifest]

Each document holds the descriptions of eight neighbouring photographs of one series (fsa_color, sorted by number) at a
random place among descriptions of others, until it is so many times as long as the encoder reads at once. The query is
the text of eight other photographs of the same series. Recall counts the queries whose own document is among the first
1 and 10 of all documents, by the cosine of centred vectors.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.long_texts import START, WINDOWS, ReadsLongTexts
from mmalign_core.types import Media

MANIFEST = "../shared/data/fsa_color/manifest.csv"
SERIES = 16
"""Photographs of a series: eight in the document, eight in the query."""
BATCH = 16


def main(name: str = "bag-of-words", times: str = "2", documents: str = "100", manifest: str = MANIFEST) -> None:
    """Print a line for each way of reading."""
    texts = pd.read_csv(manifest, dtype=str).sort_values("id")["text"].dropna().drop_duplicates().tolist()
    model = create_encoder(name, "text")
    assert isinstance(model, ReadsLongTexts)
    model.load()
    queries, whole = made(texts, model, float(times), int(documents))
    lengths = np.array([len(text) for text in whole])
    print(f"{name}: {len(whole)} documents of {lengths.mean():,.0f} characters, queries of "
          f"{np.mean([len(q) for q in queries]):,.0f}")  # fmt: skip
    asked = vectors(model, queries)
    for how in (START, WINDOWS):
        model.long_texts = how
        begun = time.process_time()
        found = vectors(model, whole)
        seconds = time.process_time() - begun
        low = ranks(asked, found)
        print(f"  {how:8} recall@1 {np.mean(low < 1):.3f}  recall@10 {np.mean(low < 10):.3f}  "
              f"{1000 * seconds / len(whole):,.0f} ms of processor time a document")  # fmt: skip


def made(texts: list[str], model: ReadsLongTexts, times: float, documents: int) -> tuple[list[str], list[str]]:
    """The queries and the documents."""
    rng = np.random.default_rng(0)
    reads = len(model.start_of(" ".join(texts)))
    starts = rng.permutation(len(texts) // SERIES)[:documents] * SERIES
    queries, whole = [], []
    for start in starts.tolist():
        series = texts[start : start + SERIES]
        others = [*texts[:start], *texts[start + SERIES :]]
        parts, size = [], 0
        for place in rng.permutation(len(others)).tolist():
            if size >= reads * times:
                break
            parts.append(others[place])
            size += len(others[place]) + 1
        at = int(rng.integers(0, len(parts) + 1))
        whole.append(" ".join([*parts[:at], *series[::2], *parts[at:]]))
        queries.append(" ".join(series[1::2]))
    return queries, whole


def vectors(model: ReadsLongTexts, texts: list[str]) -> np.ndarray:
    """Centred unit vectors (n, dim)."""
    ready = [model.prepare(Media(str(n), "text", str(n), text=text)) for n, text in enumerate(texts)]
    found = np.concatenate([model.encode(ready[at : at + BATCH]).vectors for at in range(0, len(ready), BATCH)])
    found = found / np.linalg.norm(found, axis=1, keepdims=True)
    found = found - found.mean(axis=0)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def ranks(asked: np.ndarray, found: np.ndarray) -> np.ndarray:
    """(n,): how many documents score higher than the query's own."""
    scores = asked @ found.T
    return (scores > scores.diagonal()[:, None]).sum(axis=1)


if __name__ == "__main__":
    main(*sys.argv[1:])

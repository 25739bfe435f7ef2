"""Vectors on disk with an index: exact scores, recall, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mmalign_core.store import vector_index
from mmalign_core.store.vector_index import VectorIndex
from mmalign_core.types import BadInput
from mmalign_core.vectors import unit_rows


def rows_of(count: int, seed: int = 0, width: int = 16) -> np.ndarray:
    """Unit rows around 40 centres."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(9).standard_normal((40, width))
    return unit_rows((centres[rng.integers(0, 40, count)] + 0.5 * rng.standard_normal((count, width))).astype("f4"))


@pytest.fixture
def made(tmp_path: Path) -> tuple[VectorIndex, np.ndarray]:
    vectors = rows_of(9_000)
    index = VectorIndex(tmp_path / "deep" / "index")
    index.add((np.arange(at, at + 3_000).astype(str), 7 * vectors[at : at + 3_000]) for at in range(0, 9_000, 3_000))
    return index, vectors


@pytest.mark.parametrize("indexed", [False, True])
def test_it_finds_the_nearest_with_their_exact_cosines(made, monkeypatch, indexed):
    index, vectors = made
    monkeypatch.setattr(vector_index, "FLAT_BELOW", 1 if indexed else 10**9)
    index.build(cells=30)
    points = rows_of(20, seed=1)
    found = index.nearest(3 * points, 10, probes=10)
    cosines = points @ vectors.T
    assert found.ids.shape == found.scores.shape == (20, 10)
    for row, ids, scores in zip(cosines, found.ids, found.scores):
        assert np.allclose(row[ids.astype(int)], scores, atol=1e-5) and (np.diff(scores) <= 1e-6).all()
    right = np.argsort(-cosines, axis=1)[:, :10].astype(str)
    share = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(right, found.ids)])
    assert share == pytest.approx(index.recall(points, probes=10), abs=1e-9)
    assert share >= (0.95 if indexed else 1.0)
    assert index.recall(points, probes=1, refined=1) < 1 if indexed else True


def test_what_cannot_be_indexed_is_one_line(made, tmp_path):
    index, _ = made
    with pytest.raises(BadInput, match="width 8, but the index holds width 16"):
        index.add([(["a"], np.ones((1, 8)))])
    for bad in (np.full((1, 16), np.nan), np.zeros((1, 16)), np.ones((2, 16))):
        with pytest.raises(BadInput, match="1 ids for vectors"):
            index.add([(["a"], bad)])
    with pytest.raises(BadInput, match="points of width 4 among vectors of width 16"):
        index.nearest(np.ones((1, 4)), 3)
    with pytest.raises(BadInput, match="holds no vectors; write them first"):
        VectorIndex(tmp_path / "none").nearest(np.ones((1, 4)), 3)
    assert len(index) == 9_000 and len(VectorIndex(tmp_path / "none")) == 0

"""Fits that read their rows from a file in blocks: the same solutions as from rows in memory."""

from pathlib import Path

import numpy as np
import pytest

from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.linear import base, stored_rows
from mmalign_core.aligners.linear.base import centred_examples
from mmalign_core.aligners.pairs import paired_rows
from mmalign_core.types import EmbeddingSet
from mmalign_core.types.basics import release
from mmalign_core.vectors import unit_rows


def three_sets(folder: Path, n: int = 500) -> dict[str, EmbeddingSet]:
    """Images, texts (two an item for some) and sounds of some items, in files; each in an order of its own."""
    rng = np.random.default_rng(0)
    hidden, sets = rng.standard_normal((n, 6)), {}
    for number, modality in enumerate(("image", "text", "audio")):
        rows = rng.permutation(np.concatenate([np.arange(n // (1 + number // 2)), np.arange(40 * (number == 1))]))
        vectors = hidden[rows] @ rng.standard_normal((6, 9 + number)) + 0.8 * rng.standard_normal(
            (len(rows), 9 + number)
        )
        np.save(folder / f"{modality}.npy", vectors.astype(np.float32))
        mapped = np.load(folder / f"{modality}.npy", mmap_mode="r")
        ids, keys = [f"i{row:04d}" for row in rows], [f"{modality}{i}" for i in range(len(rows))]
        sets[modality] = EmbeddingSet(modality, ids, keys, mapped, "toy@1")
    return sets


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_rows, "ROWS_AT_ONCE", 64)
    monkeypatch.setattr(stored_rows, "_BLOCKS_HELD", 2)


@pytest.mark.parametrize("modalities", [("image", "text"), ("image", "text", "audio")])
@pytest.mark.parametrize(("name", "params"), [("cca", {"dims": 5}), ("ridge", {}), ("infonce-linear", {"steps": 20})])
def test_a_fit_from_stored_rows_is_that_from_held_ones(
    name: str, params: dict, modalities: tuple[str, ...], tmp_path: Path, few_at_once: None, monkeypatch
) -> None:
    every = three_sets(tmp_path)
    sets, found = {m: every[m] for m in modalities}, []
    if name == "cca" and len(sets) > 2:
        sets.pop("audio")
    for most in (1 << 40, 0):
        monkeypatch.setattr(base, "MOST_DENSE", most)
        model = ALIGNERS.create(name, **params).fit(sets, seed=0)
        found.append((model.chosen_params, {m: model.transform(rows) for m, rows in sets.items()}))
    assert found[0][0] == found[1][0]
    for m in sets:
        np.testing.assert_allclose(found[0][1][m], found[1][1][m], atol=2e-4)


def test_sums_over_stored_rows_are_those_over_held_ones(tmp_path: Path, few_at_once: None, monkeypatch) -> None:
    sets, kinds = three_sets(tmp_path), []
    pairs = paired_rows(sets, "toy")
    for most in (1 << 40, 0):
        monkeypatch.setattr(base, "MOST_DENSE", most)
        examples, centres = centred_examples("toy", sets, pairs, stored=True)
        part = examples.take(np.arange(300, 20, -1))
        rows = part.rows
        sums = [stored_rows.product(rows["image"], rows["audio"]), stored_rows.product(rows["text"], rows["text"])]
        sums += [stored_rows.sum_of_squares(rows["audio"]), stored_rows.mean_length(rows["text"], np.ones((10, 2)))]
        kinds.append((type(rows["image"]), [stored_rows.held(rows["audio"]), *centres.values(), *sums]))
    (first, dense), (second, kept) = kinds
    assert (first, second) == (np.ndarray, stored_rows.StoredRows)
    for one, other in zip(dense, kept):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


def test_released_rows_are_read_again(tmp_path: Path) -> None:
    rows = three_sets(tmp_path)["image"].vectors
    before = rows.copy()
    release(rows)
    np.testing.assert_array_equal(rows, before)
    changed = np.load(tmp_path / "image.npy", mmap_mode="c")
    changed[:] = 7
    changed.flags.writeable = False
    release(changed)
    assert (changed == 7).all(), "what is not in the file is kept"


def test_unit_rows_are_the_same_in_blocks() -> None:
    rows = np.random.default_rng(0).standard_normal((20_000, 5)).astype(np.float32)
    rows[11] = 0
    np.testing.assert_array_equal(unit_rows(rows)[8192:16384], unit_rows(rows[8192:16384]))
    assert not unit_rows(rows)[11].any()

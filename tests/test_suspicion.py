"""Suspicion of wrong pairs: planted swaps are found, identical contents are not, and no fit has seen the pair."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mmalign_core.store import Store
from mmalign_core.triage.score_sources import Source, as_encoded, by_neighbours, by_regression
from mmalign_core.triage.suspicion import find_suspicion
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.workflow.error_analysis.out_of_fold import (
    PairSuspicion,
    set_suspicion,
)

SIZE, SWAPPED = 300, 15
"""Pairs, and how many of them are planted wrong: 5%."""


def made(
    seed: int, many: int = SIZE, swapped: int = SWAPPED, captions: int = 1
) -> tuple[dict[str, EmbeddingSet], set[str]]:
    """Two views of hidden causes in spaces of their own, and the items whose second view belongs to another item."""
    rng = np.random.default_rng(seed)
    hidden = rng.standard_normal((many, 8))
    image = hidden @ rng.standard_normal((8, 24)) + 0.3 * rng.standard_normal((many, 24))
    text = hidden @ rng.standard_normal((8, 16)) + 0.3 * rng.standard_normal((many, 16))
    wrong = rng.choice(many, swapped, replace=False)
    place = np.arange(many)
    place[wrong] = np.roll(wrong, 1)
    ids = tuple(f"item {row:03d}" for row in range(many))
    keys = tuple(f"text {row}" for row in place)
    rows = np.repeat(np.arange(many), captions)
    noisy = text[place][rows] + 0.1 * rng.standard_normal((len(rows), 16)) * (captions > 1)
    said = EmbeddingSet(
        "text",
        tuple(ids[row] for row in rows),
        tuple(f"{keys[row]} {at % captions}" for at, row in enumerate(rows)),
        noisy,
        "given@array",
    )
    return {"image": EmbeddingSet("image", ids, ids, image, "given@array"), "text": said}, {ids[row] for row in wrong}


def first(found: PairSuspicion, many: int) -> list[str]:
    """The most suspicious items."""
    values = found.values()
    return sorted(values, key=lambda item: -values[item])[:many]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.mark.parametrize("seed", range(3))
def test_planted_swaps_come_first(store: Store, seed: int) -> None:
    sets, wrong = made(seed)
    found = set_suspicion(sets, store=store, seed=seed)
    assert len(wrong & set(first(found, SWAPPED))) >= 0.8 * SWAPPED
    assert found.found.value.min() >= 0 and found.found.value.max() <= 1
    assert 0.02 < found.found.share < 0.08, "the estimated share is near the planted 0.05"
    called = {item for item, value in found.values().items() if value > 0.5}
    assert len(called & wrong) >= 0.8 * len(called) > 0


def test_pairs_that_are_all_right_are_hardly_suspected(store: Store) -> None:
    sets, _ = made(0, swapped=0)
    found = set_suspicion(sets, store=store)
    assert (found.found.value > 0.5).mean() < 0.01 and found.found.share < 0.02


def test_the_evidence_names_whose_caption_it_is(store: Store) -> None:
    sets, wrong = made(1)
    found = set_suspicion(sets, store=store)
    said = dict(zip(sets["text"].keys, sets["text"].ids))
    named = 0
    for item in wrong:
        evidence = found.evidence(item)
        own = said[f"text {int(item.removeprefix('item '))} 0"]
        better = evidence["agrees_better_with"]
        assert set(better) == {"image", "text"}
        assert evidence["n"] == SIZE
        named += own in better["image"]
    assert named >= 0.6 * len(wrong), "the picture agrees with the item that holds its caption now"
    with pytest.raises(KeyError):
        found.evidence("nobody")


def test_identical_contents_are_right_answers(store: Store) -> None:
    sets, _ = made(2, swapped=0)
    text = sets["text"]
    shared = np.arange(SIZE) // 5  # five items share each caption
    same = EmbeddingSet(
        "text", text.ids, tuple(f"text {group}" for group in shared), text.vectors[shared * 5], text.encoder
    )
    # Five pictures of one hidden cause each, so that all five have the one caption as their right answer.
    image = sets["image"]
    rng = np.random.default_rng(0)
    alike = image.vectors[shared * 5] + 0.3 * rng.standard_normal(image.vectors.shape).astype(np.float32)
    pictures = EmbeddingSet("image", image.ids, image.keys, alike, image.encoder)
    found = set_suspicion({"image": pictures, "text": same}, store=store)
    group = dict(zip(image.ids, shared))
    for row, item in enumerate(found.items):
        rivals = [found.items[at] for at in (*found.found.better[row], *found.found.better_right[row]) if at >= 0]
        assert all(group[rival] != group[item] for rival in rivals)
    assert (found.found.value > 0.5).mean() < 0.02


def test_several_captions_of_an_item_count_as_one(store: Store) -> None:
    sets, wrong = made(3, captions=5)
    found = set_suspicion(sets, store=store)
    assert len(found.items) == SIZE
    assert len(wrong & set(first(found, SWAPPED))) >= 0.8 * SWAPPED


def test_a_few_labels_shared_by_all_are_learned_too(store: Store) -> None:
    rng = np.random.default_rng(9)
    label = rng.integers(0, 10, SIZE)
    image = rng.standard_normal((10, 24))[label] + 0.5 * rng.standard_normal((SIZE, 24))
    wrong = rng.choice(SIZE, SWAPPED, replace=False)
    label[wrong] = (label[wrong] + 1) % 10
    ids = tuple(f"item {row:03d}" for row in range(SIZE))
    text = EmbeddingSet("text", ids, tuple(map(str, label)), rng.standard_normal((10, 16))[label], "given@array")
    found = set_suspicion({"image": EmbeddingSet("image", ids, ids, image, "given@array"), "text": text}, store=store)
    assert len({ids[row] for row in wrong} & set(first(found, SWAPPED))) >= 0.8 * SWAPPED


def test_the_order_of_rows_and_the_direction_do_not_matter(store: Store) -> None:
    sets, _ = made(4)
    order = np.random.default_rng(0).permutation(SIZE)
    mixed = {modality: rows.take(order if modality == "text" else order[::-1]) for modality, rows in sets.items()}
    plain, other = set_suspicion(sets, store=store), set_suspicion(mixed, store=store)
    assert plain.items == other.items
    np.testing.assert_allclose(plain.found.value, other.found.value, atol=1e-6)


def test_equal_seeds_give_equal_values(store: Store) -> None:
    sets, _ = made(5)
    one, two = (set_suspicion(sets, store=store, seed=7) for _ in range(2))
    np.testing.assert_array_equal(one.found.value, two.found.value)
    other = set_suspicion(sets, store=store, seed=8)
    assert len(set(first(one, SWAPPED)) & set(first(other, SWAPPED))) >= 0.8 * SWAPPED


def test_too_few_pairs_say_so_in_one_line(store: Store) -> None:
    sets, _ = made(0, many=12, swapped=0)
    with pytest.raises(
        BadInput, match="at least 20 items that have both image and text; there are 12: add pairs"
    ) as it:
        set_suspicion(sets, store=store)
    assert "\n" not in str(it.value)
    sets, _ = made(0, many=30, swapped=0)
    with pytest.raises(BadInput, match="30 pairs of image and text are too few to learn from"):
        set_suspicion(sets, store=store)
    rows = np.arange(30)
    with pytest.raises(BadInput, match="no source can score"):
        find_suspicion([], rows, rows)


def test_what_is_learned_for_a_pair_does_not_depend_on_that_pair() -> None:
    sets, _ = made(6)
    folds = np.arange(SIZE) % 10
    image, text = sets["image"].vectors, np.array(sets["text"].vectors)
    changed = text.copy()
    changed[folds == 0] = text[folds == 0][::-1] * [[1.0 if at % 2 else -1.0 for at in range(text.shape[1])]]
    changed += text.mean(0) - changed.mean(0)
    moved = np.flatnonzero(folds == 0)
    # The mean of all rows is the only thing that the held-out texts may touch.
    before, after = by_regression(image, text, folds).left[moved], by_regression(image, changed, folds).left[moved]
    own = by_neighbours(image, text, folds)
    assert np.abs(before - after).max() < 0.2 * np.abs(before).max()
    for row in moved:
        assert not own.left[row][folds == 0].any(), "no pair of the own fold is an anchor"


def test_a_source_that_says_nothing_does_not_drown_one_that_does() -> None:
    sets, wrong = made(7)
    rng = np.random.default_rng(0)
    folds = np.arange(SIZE) % 10
    rows = np.arange(SIZE)
    noise = [Source("noise", rng.standard_normal((SIZE, 9)), rng.standard_normal((SIZE, 9))) for _ in range(3)]
    good = by_regression(sets["image"].vectors, sets["text"].vectors, folds)
    found = find_suspicion([good, *noise], rows, rows)
    worst = {sets["image"].ids[row] for row in np.argsort(-found.value)[:SWAPPED]}
    assert len(worst & wrong) >= 0.7 * SWAPPED


def test_vectors_of_one_space_need_no_folds() -> None:
    rng = np.random.default_rng(0)
    image = rng.standard_normal((30, 64))
    text = image + 0.2 * rng.standard_normal((30, 64)) + 5  # a gap between the modalities
    text[[3, 4]] = text[[4, 3]]
    found = find_suspicion([as_encoded(image, text)], np.arange(30), np.arange(30))
    assert set(np.argsort(-found.value)[:2]) == {3, 4}
    assert found.better[3][0] == 4 and found.better_right[3][0] == 4

"""Partners of suspected pairs: exchanged media are told where trusted pairs find their own, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.store import Store
from mmalign_core.triage.partners import find_partners
from mmalign_core.triage.repair import Action
from mmalign_core.types import BadInput
from mmalign_core.workflow import repair_run
from tests.swapped_pairs import CHOICES, item, run_of, shifted, split_of, swapped

COUNT, SWAPPED = 60, [3, 8, 13, 21]


def factors(noise: float, order: list[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Unit rows of pairs that agree but for the noise; row i of the second holds the content `order[i]`."""
    rng = np.random.default_rng(0)
    left = rng.normal(size=(COUNT, 16))
    right = left + noise * rng.normal(size=left.shape)
    left, right = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (left, right))
    return left, right[shifted(SWAPPED, count=COUNT) if order is None else order]


def test_exchanged_media_find_their_way_back() -> None:
    order = shifted(SWAPPED, count=COUNT)
    found = find_partners(*factors(0.2), [*SWAPPED, 30], np.array(order))
    assert found.given == {row: order.index(row) for row in SWAPPED} and found.accuracy > 0.9
    assert found.kept == {30}, "a right pair among the suspects stays"


def test_scores_that_cannot_tell_trusted_pairs_apart_give_no_partners() -> None:
    found = find_partners(*factors(8.0), [*SWAPPED, *range(30, 50)], np.arange(COUNT))
    assert found.accuracy < 0.6 and not found.given and not found.kept


def test_a_partner_that_agrees_less_than_trusted_pairs_do_is_not_taken() -> None:
    left, right = factors(0.2)
    right[SWAPPED] = -right[SWAPPED]
    assert not find_partners(left, right, SWAPPED, np.arange(COUNT)).given


def test_equal_contents_are_one_partner() -> None:
    left, right = factors(0.2, list(range(COUNT)))
    right[8] = right[3]
    found = find_partners(left, right, [3, 8], np.array([3 if row == 8 else row for row in range(COUNT)]))
    assert not found.given and 3 in found.kept


@pytest.mark.parametrize("folds", [None, 3])
def test_a_repair_lists_what_is_re_paired_with_its_reason(tmp_path: Path, folds: int | None) -> None:
    store = Store(tmp_path / "store")
    choices = replace(CHOICES, test=None, folds=folds) if folds else CHOICES
    train, _ = split_of(run_of(swapped(noise=0.2), store))
    wrong = train[:12]
    order = shifted(wrong)
    run = run_of(swapped(order, noise=0.2), store, choices)
    done = repair_run(run, store=store, suggested=12)
    report, folded = done.report(), [set(part.test) for part in done.plan.held.parts]
    changed = [change for change in done.changes if change.action is Action.REPLACE]
    assert report["re_paired"] == [change.item for change in changed] and changed
    assert all(change.note.startswith("re-paired: ") for change in changed)
    right = sum(change.other == item(order.index(int(change.item[1:]))) for change in changed)
    assert right >= 0.8 * len(changed)
    if folds:
        assert all(any({change.item, change.other} <= fold for fold in folded) for change in changed)
    else:
        assert len(changed) >= 9


def test_suggestions_are_limited_by_the_training_pairs(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    run = run_of(swapped(), store)
    train, _ = split_of(run)
    with pytest.raises(BadInput, match=f"of {len(train)} training pairs: at most half"):
        repair_run(run, store=store, suggested=len(train) // 2 + 1)

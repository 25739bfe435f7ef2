"""Repairs by folds, and saved repairs: they keep the split, and their numbers can be made again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.metrics.report import measure_all
from mmalign_core.store import Store
from mmalign_core.triage.marks import MarkKind
from mmalign_core.workflow import Run, add_mark, load_run, repair_run, save_run
from mmalign_core.workflow.alignment.plan import hold_out
from mmalign_core.workflow.bundles import pack_run
from mmalign_core.workflow.verification import verify_bundle
from tests.swapped_pairs import CHOICES, COUNT, faulty_run, item, run_of, shifted, swapped


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def faulty(store: Store) -> tuple[Run, list[int], list[int]]:
    """A run with thirty texts swapped among its training items, their places, and those of the held-out items."""
    return faulty_run(store)


def test_a_run_that_holds_nothing_out_is_measured_by_five_folds(store, faulty):
    _, wrong, _ = faulty
    run = run_of(swapped(shifted(wrong)), store, replace(CHOICES, test=None))
    for number, before in zip(np.roll(wrong, -1), wrong):
        add_mark(run.collection, store, MarkKind.WRONG_PAIR, item(before), other=item(number))
    done = repair_run(run, store=store)
    report = done.report()
    assert report["split"].startswith("5 folds (the run itself holds nothing out)")
    assert report["mean_mrr"]["value"] > 0 and len(report["dropped"]) == len(wrong)
    assert report["n_held_out"] == COUNT - len(wrong), "held-out pairs that are marked are not measured"
    again = done.repaired_run(store=store)
    assert again.report["split"] == "none" and again.report["repair"]["n_held_out"] == report["n_held_out"]
    clean = run_of(swapped(), store, replace(CHOICES, test=None))
    for way, row in clean.report["metrics"].items():
        assert again.report["metrics"][way] == pytest.approx(row)


@pytest.mark.parametrize("choices", [CHOICES, replace(CHOICES, test=None, folds=4)])
def test_a_saved_repair_keeps_the_split_and_its_numbers(store, faulty, choices, tmp_path):
    _, wrong, test = faulty
    run = run_of(swapped(shifted(wrong)), store, choices)
    for number in (*wrong, test[0]):
        add_mark(run.collection, store, MarkKind.WRONG_PAIR, item(number))
    done = repair_run(run, store=store)
    save_run(done.repaired_run(store=store), str(tmp_path / "run2"), store=store)
    again = load_run(str(tmp_path / "run2"), store=store)
    assert again.report["repaired_from"] == run.id and again.report["metrics"] == done.report()["after"]
    assert {row["id"] for row in again.report["dropped"]} >= set(map(item, wrong))
    was, now = (hold_out(r.collection, r.result.space, r.choices) for r in (run, again))
    assert now.parts == was.parts and "as before" in again.report["split"]
    assert set(again.result.space["text"].ids) == set(run.result.space["text"].ids) - set(map(item, (*wrong, test[0])))
    if choices.test:
        held = {m: rows.of_items(now.parts[0].test) for m, rows in again.result.space.items()}
        found = measure_all([held], again.choices.pair, again.choices.scoring())
        assert {way: d.metrics(d.outcome) for way, d in found.items()} == again.report["metrics"]


@pytest.mark.parametrize("kind", ["also_right", "wrong_pair"])
def test_a_saved_repair_by_folds_is_measured_as_it_can_be_measured_again(store, kind, tmp_path):
    run = run_of(swapped(), store, replace(CHOICES, test=None, folds=3))
    for number in range(0, 60, 2):
        add_mark(run.collection, store, MarkKind(kind), item(number), other=item(number + 1))
    done = repair_run(run, store=store)
    folds = [set(part.test) for part in done.plan.held.parts]
    lent = [change for change in done.changes if change.other]
    assert lent and all(any({c.item, c.other} <= fold for fold in folds) for c in lent), "nothing crosses folds"
    save_run(done.repaired_run(store=store), "mended", store=store)
    with (tmp_path / "mended.zip").open("wb") as file:
        pack_run("mended", file, store=store)
    assert verify_bundle(tmp_path / "mended.zip").verified

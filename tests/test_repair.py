"""A repair refits without wrong pairs or with better ones, and proves it on the same held-out items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mmalign_core.aligners import ALIGNERS
from mmalign_core.metrics.report import measure_all
from mmalign_core.store import Store
from mmalign_core.triage.marks import MarkKind
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.workflow import Run, add_mark, repair_run
from mmalign_core.workflow.alignment.inputs import place
from tests.swapped_pairs import CHOICES, faulty_run, item, run_of, shifted, split_of, swapped


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def faulty(store: Store) -> tuple[Run, list[int], list[int]]:
    """A run with thirty texts swapped among its training items, their places, and those of the held-out items."""
    return faulty_run(store)


def metrics_by_hand(sets: dict[str, EmbeddingSet], train: list[int], test: list[int], name: str = "ridge") -> dict:
    """Fit on the rows of these items, measure on those."""
    fitted = ALIGNERS.create(name).fit({m: rows.of_items(list(map(item, train))) for m, rows in sets.items()}, seed=0)
    space = {m: place(fitted, rows.of_items(list(map(item, test)))) for m, rows in sets.items()}
    found = measure_all([space], ("image", "text"), CHOICES.scoring())
    return {way: direction.metrics(direction.outcome) for way, direction in found.items()}


def without(sets, modality: str, places: list[int]) -> dict[str, EmbeddingSet]:
    """The sets without these items' rows of one modality."""
    kept = [i for i in dict.fromkeys(sets[modality].ids) if i not in set(map(item, places))]
    return {**sets, modality: sets[modality].of_items(kept)}


def test_dropping_marked_pairs_is_the_fit_without_them_on_the_same_items(store, faulty):
    run, wrong, test = faulty
    for number in wrong:
        add_mark(run.collection, store, MarkKind.WRONG_PAIR, item(number))
    done = repair_run(run, store=store)
    report, train = done.report(), split_of(run)[0]
    assert report["before"] == run.report["metrics"] == metrics_by_hand(dict(run.collection.vectors), train, test)
    assert report["after"] == metrics_by_hand(without(dict(run.collection.vectors), "text", wrong), train, test)
    assert [row["id"] for row in report["dropped"]] == list(map(item, wrong)) and report["n_held_out"] == len(test)
    assert report["split"] == "test 0.3" and report["not_measured"] == []
    for way, row in report["difference"].items():
        for metric, found in row.items():
            assert found["value"] == pytest.approx(report["after"][way][metric] - report["before"][way][metric])
            assert found["ci95"][0] <= found["value"] <= found["ci95"][1]
    assert report["mean_mrr"]["ci95"][0] > 0 and done.verdict().startswith("The repair helps")
    assert len(report["fixed"]) > len(report["broken"]) and set(report["fixed"]) <= set(map(item, test))


def test_a_bad_picture_is_dropped_as_a_picture(store, faulty):
    run, wrong, test = faulty
    for number in wrong[:9]:
        add_mark(run.collection, store, MarkKind.BAD_FILE, item(number), modality="image")
    expected = metrics_by_hand(without(dict(run.collection.vectors), "image", wrong[:9]), split_of(run)[0], test)
    assert repair_run(run, store=store).report()["after"] == expected


def test_pairs_put_right_give_the_fit_of_the_data_before_they_were_swapped(store, faulty):
    run, wrong, _ = faulty
    for number, before in zip(np.roll(wrong, -1), wrong):
        add_mark(run.collection, store, MarkKind.WRONG_PAIR, item(before), other=item(number))
    report = repair_run(run, store=store).report()
    clean = run_of(swapped(), store)
    assert {row["action"] for row in report["dropped"]} == {"replace"}
    for way, row in clean.report["metrics"].items():
        assert report["after"][way] == pytest.approx(row)


def test_held_out_pairs_that_are_marked_wrong_are_measured_in_neither_fit(store, faulty):
    run, wrong, test = faulty
    run = run_of(swapped(shifted(wrong, test[:6])), store)
    marked = test[:4]
    for number in (*wrong, *marked):
        add_mark(run.collection, store, MarkKind.WRONG_PAIR, item(number))
    report, train = repair_run(run, store=store).report(), split_of(run)[0]
    assert report["not_measured"] == sorted(map(item, marked)) and report["n_held_out"] == len(test) - 4
    measured = without(dict(run.collection.vectors), "text", marked)
    assert report["before"] == metrics_by_hand(measured, train, test)
    assert report["after"] == metrics_by_hand(without(measured, "text", wrong), train, test)


def test_marks_of_held_out_pairs_alone_change_no_fit_and_that_is_said(store, faulty):
    run, _, test = faulty
    add_mark(run.collection, store, MarkKind.WRONG_PAIR, item(test[0]))
    done = repair_run(run, store=store)
    assert done.report()["before"] == done.report()["after"] and done.report()["dropped"] == []
    assert "No training pair was changed" in done.verdict()


def test_what_is_held_out_is_not_lent_to_the_fit(store, faulty):
    run, wrong, test = faulty
    add_mark(run.collection, store, MarkKind.WRONG_PAIR, item(wrong[0]), other=item(test[0]))
    add_mark(run.collection, store, MarkKind.ALSO_RIGHT, item(wrong[1]), other=item(test[1]))
    report = repair_run(run, store=store).report()
    (row,) = report["dropped"]
    assert (row["id"], row["action"]) == (item(wrong[0]), "drop") and "is held out" in row["note"]
    expected = metrics_by_hand(without(dict(run.collection.vectors), "text", wrong[:1]), split_of(run)[0], test)
    assert report["after"] == expected


def test_a_second_right_answer_counts_as_right_in_both_measures(store, faulty):
    run, wrong, test = faulty
    pictures, texts = (run.result.space[m].of_items(list(map(item, test))) for m in ("image", "text"))
    for a in test:
        scores = texts.vectors @ pictures.vectors[pictures.ids.index(item(a))]
        best = texts.ids[int(np.argmax(scores))]
        if best != item(a):
            add_mark(run.collection, store, MarkKind.ALSO_RIGHT, item(a), other=best)
    add_mark(run.collection, store, MarkKind.WRONG_PAIR, item(wrong[0]))
    report, reported = repair_run(run, store=store).report(), run.report["metrics"]["image->text"]
    assert report["before"]["image->text"]["recall@1"] > reported["recall@1"] + 0.1
    assert report["before"]["image->text"]["n"] == reported["n"] and report["not_measured"] == []


def test_outdated_and_undecided_marks_ask_for_nothing(store, faulty):
    run, wrong, _ = faulty
    for kind in (MarkKind.RIGHT, MarkKind.AMBIGUOUS):
        add_mark(run.collection, store, kind, item(wrong[kind is MarkKind.RIGHT]))
    add_mark(swapped(), store, MarkKind.WRONG_PAIR, item(wrong[2]))
    with pytest.raises(BadInput, match="no marks that ask for a repair"):
        repair_run(run, store=store)

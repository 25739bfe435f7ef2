"""A repair refits without wrong pairs or with better ones, and proves it on the same held-out items."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.__main__ import main
from mmalign_core.aligners import ALIGNERS
from mmalign_core.metrics.report import measure_all
from mmalign_core.store import Store
from mmalign_core.triage.marks import MarkKind
from mmalign_core.types import BadInput, Cancelled, Collection, EmbeddingSet
from mmalign_core.workflow import Choices, Run, add_mark, load_run, repair_run, save_run
from mmalign_core.workflow.alignment.inputs import place
from mmalign_core.workflow.alignment.plan import hold_out
from tests.swapped_pairs import CHOICES, COUNT, item, run_of, shifted, swapped
from tests.toy_aligners import OnlySeen


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def split_of(run: Run) -> tuple[list[int], list[int]]:
    """Places of the training items and of the held-out ones."""
    held = hold_out(run.collection, run.result.space, run.choices).parts[0]
    return [int(i[1:]) for i in held.train], [int(i[1:]) for i in held.test]


@pytest.fixture
def faulty(store: Store) -> tuple[Run, list[int], list[int]]:
    """A run with thirty texts swapped among its training items, their places, and those of the held-out items."""
    train, test = split_of(run_of(swapped(), store))
    wrong = train[::4][:30]
    run = run_of(swapped(shifted(wrong)), store)
    assert split_of(run) == (train, test)
    return run, wrong, test


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


@pytest.mark.parametrize("ref", ["mine", "./mine"])
def test_a_repair_does_not_replace_the_run_that_it_repairs(store, ref, monkeypatch, capsys):
    monkeypatch.chdir(store.root.parent)
    place = save_run(run_of(swapped(), store), ref, store=store)
    before = (place / "run.json").read_bytes()
    assert main(["repair", ref, "--suggested", "2", "--save", str(place), "--store", str(store.root)]) == 2
    assert "under another name" in (said := capsys.readouterr().err) and len(said.splitlines()) == 1
    assert (place / "run.json").read_bytes() == before


def test_an_aligner_without_pairs_says_so_and_another_one_can_be_named(store):
    train, _ = split_of(run_of(swapped(), store))
    collection = swapped(shifted(train[:20]))
    images = collection.vectors["image"]
    as_wide = {**collection.vectors, "image": replace(images, vectors=images.vectors[:, :10])}
    collection = Collection("even", collection.items, (), vectors=as_wide)
    run = run_of(collection, store, replace(CHOICES, aligner="as-is"))
    for number in train[:20]:
        add_mark(run.collection, store, MarkKind.WRONG_PAIR, item(number))
    done = repair_run(run, store=store)
    assert "'as-is' learns from no pairs" in done.verdict() and done.report()["before"] == done.report()["after"]
    assert all(found["ci95"] == [0.0, 0.0] for row in done.report()["difference"].values() for found in row.values())
    named = repair_run(run, store=store, aligner="procrustes").report()
    assert named["aligner"] == "procrustes" and named["before"] != named["after"]


def test_a_repair_can_be_cancelled(store, faulty):
    run, wrong, _ = faulty
    add_mark(run.collection, store, MarkKind.WRONG_PAIR, item(wrong[0]))
    seen = []

    def progress(fraction: float, message: str) -> None:
        seen.append(fraction)
        if "after" in message:
            raise Cancelled

    with pytest.raises(Cancelled):
        repair_run(run, store=store, progress=progress)
    assert seen == sorted(seen) and 0 < seen[-1] < 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({}, "no marks that ask for a repair of image and text"),
        ({"suggested": 0}, "at least 1"),
        ({"suggested": 150}, "at most half"),
        ({"suggested": 3, "aligner": "ridg"}, "ridge"),
        ({"suggested": 3, "params": {"dims": "3"}}, "name it too"),
    ],
)
def test_what_cannot_be_repaired_is_one_line(store, words, message):
    with pytest.raises(BadInput, match=message) as raised:
        repair_run(run_of(swapped(), store), store=store, **words)
    assert len(str(raised.value).splitlines()) == 1


def test_a_run_of_one_modality_or_of_places_alone_is_refused(store, monkeypatch):
    run = run_of(swapped(), store)
    with pytest.raises(BadInput, match="aligns nothing"):
        repair_run(replace(run, choices=Choices(pair=("text", "text"), aligner="as-is")), store=store, suggested=1)
    monkeypatch.setitem(ALIGNERS._members, "only-seen", OnlySeen)
    with pytest.raises(BadInput, match="name another aligner"):
        repair_run(run, store=store, suggested=1, aligner="only-seen")

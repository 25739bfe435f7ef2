"""Repairs that cannot be made say so in one line, replace nothing, and can be cancelled."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mmalign_core.__main__ import main
from mmalign_core.aligners import ALIGNERS
from mmalign_core.store import Store
from mmalign_core.triage.marks import MarkKind
from mmalign_core.types import BadInput, Cancelled, Collection
from mmalign_core.workflow import Choices, Run, add_mark, repair_run, save_run
from tests.swapped_pairs import CHOICES, faulty_run, item, run_of, shifted, split_of, swapped
from tests.toy_aligners import OnlySeen


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def faulty(store: Store) -> tuple[Run, list[int], list[int]]:
    """A run with thirty texts swapped among its training items, their places, and those of the held-out items."""
    return faulty_run(store)


@pytest.mark.parametrize("choices", [CHOICES, replace(CHOICES, test=None, folds=3), replace(CHOICES, test=None)])
def test_marks_that_leave_no_pair_are_said_to(store, choices):
    run = run_of(swapped(), store, choices)
    for number in range(200):
        add_mark(run.collection, store, MarkKind.WRONG_PAIR, item(number))
    with pytest.raises(BadInput, match="the marks leave no pair to measure"):
        repair_run(run, store=store)


def test_a_run_too_small_for_folds_does_not_ask_for_another_number_of_them(store):
    run = run_of(swapped(count=3), store, replace(CHOICES, test=None))
    with pytest.raises(BadInput, match="cannot be measured by folds") as raised:
        repair_run(run, store=store, suggested=1)
    assert "give a number" not in str(raised.value)


@pytest.mark.parametrize("ref", ["mine", "./mine"])
def test_a_repair_does_not_replace_the_run_that_it_repairs(store, ref, monkeypatch, capsys):
    monkeypatch.chdir(store.root.parent)
    place = save_run(run_of(swapped(), store), ref, store=store)
    before = (place / "run.json").read_bytes()
    assert main(["repair", ref, "--suggested", "2", "--save", str(place), "--store", str(store.root)]) == 2
    said = capsys.readouterr().err
    assert re.search("under another name|name another folder", said) and len(said.splitlines()) == 1
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

"""Suggested repairs: suspected training pairs are swapped ones, and no held-out item has a say in which are dropped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.__main__ import main
from mmalign_core.metrics.report import at_chance
from mmalign_core.store import Store
from mmalign_core.triage.marks import MarkKind
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.workflow import Choices, add_mark, load_run, repair_run, save_run
from tests.swapped_pairs import CHOICES, item, run_of, shifted, split_of, swapped


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_suspected_pairs_are_the_swapped_ones_and_their_loss_is_mended(store):
    clean = run_of(swapped(), store)
    train, _ = split_of(clean)
    wrong = train[::9]
    done = repair_run(run_of(swapped(shifted(wrong)), store), store=store, suggested=len(wrong))
    report = done.report()
    found = {row["id"] for row in report["dropped"]}
    assert len(found & set(map(item, wrong))) >= 0.8 * len(wrong)
    suspicion = [row["suspicion"] for row in report["dropped"]]
    assert suspicion == sorted(suspicion, reverse=True) and 0 <= suspicion[-1] <= suspicion[0] <= 1
    lost = np.mean([clean.report["metrics"][way]["mrr"] - row["mrr"] for way, row in report["before"].items()])
    assert lost > 0 and report["mean_mrr"]["value"] >= lost / 2


@pytest.mark.parametrize("choices", [CHOICES, replace(CHOICES, test=None, folds=3)])
def test_held_out_items_have_no_say_in_what_is_dropped(store, choices):
    train, test = split_of(run_of(swapped(), store))
    one = run_of(swapped(shifted(train[:12])), store, choices)
    other = run_of(swapped(shifted(train[:12], test)), store, choices)
    dropped = [repair_run(run, store=store, suggested=12).report()["dropped"] for run in (one, other)]
    if choices.test:
        assert dropped[0] == dropped[1]
    else:
        assert dropped[0] != dropped[1], "with folds every item is in the final fit"


def test_merely_suspected_held_out_pairs_are_measured(store):
    train, test = split_of(run_of(swapped(), store))
    run = run_of(swapped(shifted(train[:12], test[:12])), store)
    report = repair_run(run, store=store, suggested=12).report()
    assert report["n_held_out"] == len(test) and report["not_measured"] == []
    assert report["before"] == run.report["metrics"]
    assert {row["id"] for row in report["dropped"]} <= set(map(item, train))
    add_mark(run.collection, store, MarkKind.WRONG_PAIR, item(test[0]))
    add_mark(run.collection, store, MarkKind.RIGHT, report["dropped"][0]["id"])
    again = repair_run(run, store=store, suggested=12).report()
    assert again["not_measured"] == [item(test[0])] and again["n_held_out"] == len(test) - 1
    assert report["dropped"][0]["id"] not in {row["id"] for row in again["dropped"]} and again["n_dropped"] == 12


def test_data_without_a_fault_get_no_promise(store):
    done = repair_run(run_of(swapped(), store), store=store, suggested=10)
    found = done.report()["mean_mrr"]
    assert (found["ci95"][0] > 0) == done.verdict().startswith("The repair helps")
    assert found["ci95"][0] <= 0 and not done.verdict().startswith("The repair helps")


def test_the_command_repairs_and_saves(store, tmp_path, capsys):
    train, _ = split_of(run_of(swapped(), store))
    save_run(run_of(swapped(shifted(train[:15])), store), "faulty", store=store)
    options = ["--store", str(store.root)]
    out = tmp_path / "repair.json"
    argv = ["repair", "faulty", "--suggested", "15", "--json", str(out), "--save", "mended", *options]
    assert main(argv) == 0 and main(argv) == 0, "an earlier result of this program is replaced"
    report = json.loads(out.read_text())
    keys = {"before", "after", "difference", "fixed", "broken", "dropped", "n_held_out"}
    assert keys <= set(report) and set(report["before"]) == {"image->text", "text->image"}
    assert set(report["difference"]["image->text"]["mrr"]) >= {"value", "ci95"}
    assert report["verdict"] in capsys.readouterr().err
    mended = load_run("mended", store=store)
    assert mended.report["repaired_from"] == "faulty" and not at_chance(mended.report)
    assert main(["marks", "faulty", "--add", "wrong_pair", "--item", item(train[0]), *options]) == 0
    assert main(["repair", "faulty", "--marks", "--aligner", "procrustes", *options]) == 0
    said = capsys.readouterr().out
    assert "procrustes, test 0.3" in said and "1 changes among the training pairs, 0 of them re-paired" in said


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["faulty"], "one of the arguments --marks --suggested is required"),
        (["faulty", "--marks", "--suggested", "3"], "not allowed with"),
        (["faulty", "--marks"], "has no marks that ask for a repair"),
        (["faulty", "--suggested", "many"], "invalid int value"),
        (["faulty", "--suggested", "-1"], "at least 1"),
        (["gone", "--suggested", "1"], "no run 'gone'"),
        (["faulty", "--suggested", "1", "--save", "a name"], "is no name for a run"),
        (["faulty", "--suggested", "1", "--param", "dims=3"], "name it too"),
    ],
)
def test_what_cannot_be_repaired_is_one_line(store, argv, words, capsys):
    save_run(run_of(swapped(), store), "faulty", store=store)
    try:
        code = main(["repair", *argv, "--store", str(store.root)])
    except SystemExit as stopped:
        code = stopped.code
    said = capsys.readouterr().err
    assert code == 2 and words in said and len(said.splitlines()) == 1


@pytest.mark.parametrize("share", [0.05, 0.1])
def test_half_of_what_swapped_captions_cost_comes_back_on_clip_vectors(store, shared_data, share):
    images, texts = np.load(shared_data / "clip_embeddings_coco500" / "features_clip.npy").astype(np.float32)
    ids = tuple(f"p{n:03}" for n in range(len(images)))

    def coco(order: np.ndarray) -> Collection:
        sets = {
            "image": EmbeddingSet("image", ids, tuple(f"picture {n}" for n in range(len(ids))), images, "given@1"),
            "text": EmbeddingSet("text", ids, tuple(f"words {n}" for n in order), texts[order], "given@1"),
        }
        return Collection("coco", pd.DataFrame(index=list(ids)), (), vectors=sets)

    clean = run_of(coco(np.arange(len(ids))), store, Choices(aligner="ridge", test=0.3))
    train, _ = split_of(clean)
    wrong = np.random.default_rng(0).choice(train, round(share * len(train)), replace=False)
    order = np.arange(len(ids))
    order[wrong] = np.roll(wrong, 1)
    run = run_of(coco(order), store, Choices(aligner="ridge", test=0.3))
    report = repair_run(run, store=store, suggested=len(wrong)).report()
    hits = len({row["id"] for row in report["dropped"]} & {ids[n] for n in wrong})
    assert hits >= 0.8 * len(wrong)
    lost = np.mean([clean.report["metrics"][way]["mrr"] - row["mrr"] for way, row in report["before"].items()])
    assert lost > 0 and report["mean_mrr"]["value"] >= lost / 2


def test_too_few_training_pairs_to_suspect_any_is_one_line(store, capsys):
    save_run(run_of(swapped(count=24), store), "small", store=store)
    assert main(["repair", "small", "--suggested", "2", "--store", str(store.root)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "no training pair can be suspected" in said[0] and "at least 20" in said[0]

"""The difference of two runs: on the same queries, with paired intervals, drift of items, choices and data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from given_vectors import given

from mmalign_core.__main__ import main
from mmalign_core.store import Store
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.workflow import Choices, Encoding, Run, align, save_run
from mmalign_core.workflow.error_analysis.differences import compare_runs
from mmalign_core.workflow.error_analysis.drift import neighbour_drift, shared_rows
from mmalign_core.workflow.error_analysis.run_facts import data_difference

METRICS = {"accuracy", "recall@1", "recall@5", "recall@10", "mrr", "median_rank"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def run_of(store: Store, aligner: str, rows: int = 60, **chosen: object) -> Run:
    """A run of given vectors."""
    collection, encoding = given(rows)
    choices = Choices(pair=("image", "text"), aligner=aligner, **chosen)  # type: ignore[arg-type]
    return align(collection, encoding, choices, store=store)


@pytest.mark.parametrize("split", [{"test": 0.4}, {"folds": 3}, {}])
def test_a_run_differs_from_itself_in_nothing(store: Store, split: dict[str, float]) -> None:
    run = run_of(store, "cca", **split)
    report = compare_runs(run, run, store=store).report()
    for way in ("image->text", "text->image"):
        assert set(report["difference"][way]) == METRICS
        for name, row in report["difference"][way].items():
            assert (row["value"], row["ci95"], row["p"]) == (0.0, [0.0, 0.0], 1.0), name
            assert row["a"] == row["b"] == run.report["metrics"][way][name]
        assert report["queries"][way]["won"] == report["queries"][way]["lost"] == []
        assert report["queries"][way]["n"] == run.report["metrics"][way]["n"]
    assert report["drift"]["image"]["mean"] == 1.0 and report["drift"]["image"]["moved"] == []
    assert report["choices"] == {} and report["data"]["same"] and not report["unmeasured"]


@pytest.mark.parametrize("split", [{"test": 0.4, "seed": 3}, {"folds": 3}])
@pytest.mark.parametrize("scored", [{}, {"correction": "nnn"}, {"matcher": "threshold"}])
def test_on_one_split_the_numbers_are_those_of_the_reports(store: Store, split: dict, scored: dict) -> None:
    a = run_of(store, "procrustes", **split, **scored)
    b = run_of(store, "cca", params={"dims": 3}, **split, **scored)
    found = compare_runs(a, b, store=store)
    assert found.notes == ()
    for way, each in found.directions.items():
        for name, row in each.metrics().items():
            assert row["a"] == pytest.approx(a.report["metrics"][way][name], abs=1e-12)
            assert row["b"] == pytest.approx(b.report["metrics"][way][name], abs=1e-12)
            assert row["value"] == pytest.approx(row["b"] - row["a"], abs=1e-12)
            assert row["ci95"][0] <= row["value"] <= row["ci95"][1]
        assert len(each.won) - len(each.lost) == round(each.metrics()["accuracy"]["value"] * len(each.items))


def test_won_and_lost_are_the_queries_decided_otherwise(store: Store) -> None:
    a, b = run_of(store, "procrustes"), run_of(store, "cca", params={"dims": 2})
    forth, back = (compare_runs(*runs, store=store).directions["image->text"] for runs in ((a, b), (b, a)))
    assert forth.lost and forth.lost == back.won and forth.won == back.lost
    scores = next(block for _, block in b.scores("image", "text").iter_blocks())
    wrong = {item for row, item in enumerate(b.result.space["image"].ids) if int(scores[row].argmax()) != row}
    assert set(forth.lost) <= wrong and not set(forth.won) & wrong


def test_other_splits_are_compared_on_the_queries_that_both_held_out(store: Store) -> None:
    a, b = (run_of(store, "procrustes", test=0.5, seed=seed) for seed in (0, 1))
    found = compare_runs(a, b, store=store)
    each = found.directions["image->text"]
    assert 0 < len(each.items) < each.n_before == 30
    assert each.before.candidates == each.after.candidates == len(each.items)
    assert (
        f"compared on the {len(each.items)} queries that both runs held out, of 30 of A and 30 of B" in found.notes[0]
    )


def test_folds_and_a_test_share_are_compared_part_by_part(store: Store) -> None:
    a, b = run_of(store, "procrustes", folds=2), run_of(store, "procrustes", test=0.5)
    each = compare_runs(a, b, store=store).directions["image->text"]
    assert len(each.items) == each.n_after == 30 and each.n_before == 60
    assert each.before.items == each.after.items


def test_what_cannot_be_compared_is_said(store: Store) -> None:
    held, fitted = run_of(store, "cca", test=0.2), run_of(store, "cca")
    report = compare_runs(held, fitted, store=store).report()
    assert report["difference"] == {} and "run B was fitted on its queries" in report["unmeasured"]
    assert report["drift"]["text"]["n"] == 60 and report["choices"]["test"] == {"a": 0.2, "b": None}
    collection, encoding = given(30)
    sets = {m: replace(s, ids=tuple("x" + i for i in s.ids)) for m, s in encoding.sets.items()}
    others = Collection("others", collection.items.set_axis(["x" + i for i in collection.ids]), (), vectors=sets)
    other = align(others, Encoding(sets, encoding.encoders, {}, (), {}), Choices(aligner="cca", test=0.2), store=store)
    report = compare_runs(held, other, store=store).report()
    assert "their data differ: of the items, 0 the same in both, 60 only in A, 30 only in B" in report["unmeasured"]
    assert report["drift"] == {}
    apart = align(collection, encoding, Choices(aligner="cca", test=0.2, seed=9), store=store)
    again = compare_runs(align(collection, encoding, Choices(aligner="cca", test=0.2), store=store), apart, store=store)
    assert not again.directions or again.data.same
    assert len(report["data"]["added"]) == 30 and len(report["data"]["removed"]) == 60


def test_changed_data_are_named(demo: Collection) -> None:
    first, second, third, fourth = demo.ids[:4]
    media = tuple(
        replace(m, digest="0" * 32, text="another text") if (m.item, m.modality) == (second, "text") else m
        for m in demo.media
        if m.item != first
    )
    items = demo.items.drop(index=first).copy()
    items.loc[third, "group"] = "something else"
    found = data_difference(demo, replace(demo, items=items, media=media, digest=""))
    assert (found.same, found.removed, found.added) == (False, (first,), ())
    assert (found.changed, found.metadata) == ((second,), (third,)) and fourth not in found.changed


def test_the_item_that_moved_is_named_first() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((40, 16)).astype(np.float32)
    ids = tuple(f"i{n}" for n in range(40))
    moved = vectors.copy()
    moved[7] = -moved[7]
    a, b = (EmbeddingSet("text", ids, ids, rows, "toy@1") for rows in (vectors, moved))
    drift = neighbour_drift({"text": a}, {"text": b})["text"]
    assert drift.report()["moved"][0] == {"id": "i7", "kept": 0.0} and 0.8 < drift.kept.mean() < 1


def test_equal_rows_of_an_item_are_paired_one_by_one() -> None:
    def rows(names: str) -> EmbeddingSet:
        ids = tuple(name[0] for name in names.split())
        return EmbeddingSet("text", ids, tuple(names.split()), np.eye(len(ids), 8, dtype=np.float32), "toy@1")

    a, b = shared_rows(rows("a1 a1 a2 b1"), rows("b1 a1 c1 a1 a1"))
    assert a.keys == b.keys == ("a1", "a1", "b1")


def test_the_command_prints_and_replaces_its_own_file(store: Store, tmp_path: Path, capsys) -> None:
    for name, aligner in (("one", "procrustes"), ("two", "cca")):
        save_run(run_of(store, aligner, test=0.4), name, store=store)
    argv = ["diff", "one", "two", "--store", str(store.root)]
    assert main(argv) == 0
    assert "aligner: procrustes to cca" in capsys.readouterr().out
    for _ in range(2):
        assert main([*argv, "--json", str(tmp_path / "diff.json")]) == 0
    found = json.loads((tmp_path / "diff.json").read_text())
    assert found["difference"]["text->image"]["recall@1"].keys() >= {"value", "ci95"}
    assert found["choices"]["aligner"] == {"a": "procrustes", "b": "cca"}

"""Comparisons of aligners: one split, reasons of failures, resuming after a cancel, ranking, learning curves."""

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmalign_core.aligners import ALIGNERS
from mmalign_core.cost import Cost
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Cancelled, Collection, EmbeddingSet
from mmalign_core.workflow import Choices, Encoding, align, compare, learning_curve, ranked, takers, with_starts_folded
from tests.toy_aligners import Broken, OnlySeen, Plain

SPLIT = {"folds": 3, "seed": 1}


@pytest.fixture(autouse=True)
def toys() -> Iterator[None]:
    """The toy aligners are registered while a test runs."""
    ALIGNERS.names()
    Plain.fits.clear()
    with pytest.MonkeyPatch.context() as patch:
        for toy in (Plain, Broken, OnlySeen):
            patch.setitem(ALIGNERS._members, toy.name, toy)
        yield


def given(rows: int = 90, noise: float = 1.0, sounds: int = 0) -> tuple[Collection, Encoding]:
    """Texts lie near their images, turned by a fixed rotation in half the room; the last items have sounds too."""
    rng = np.random.default_rng(0)
    image = rng.normal(size=(rows, 8)).astype(np.float32)
    text = image + noise * rng.normal(size=image.shape).astype(np.float32)
    ids = tuple(f"i{n:03d}" for n in range(rows))
    vectors = {"image": image, "text": text} | ({"audio": image[rows - sounds :]} if sounds else {})
    sets = {
        m: EmbeddingSet(m, ids[-len(v) :], tuple(m + i for i in ids[-len(v) :]), v, "given@1")
        for m, v in vectors.items()
    }
    frame = pd.DataFrame({"fold": [n % 3 for n in range(rows)], "year": [1900 + n // 10 for n in range(rows)]}, ids)
    return Collection("given", frame, (), vectors=sets), Encoding(sets, dict.fromkeys(sets, "given@1"), {}, (), {})


def entries(*names: str, **choices: object) -> list[Choices]:
    return [Choices(aligner=name, **{**SPLIT, **choices}) for name in names]


def test_every_aligner_meets_the_same_queries_and_the_rows_say_all_that_was_measured(store: Store) -> None:
    rows = compare(*given(), entries("plain", "procrustes", "ridge"), store=store).rows
    assert {row["aligner"] for row in rows} == {"plain", "procrustes", "ridge"}
    assert [row["quality"] for row in rows] == sorted((row["quality"] for row in rows), reverse=True)
    for row in rows:
        assert (row["split"], row["n_train"], row["n_test"], row["shared_content"]) == ("3 folds", 60, 90, 0)
        assert row["metrics"]["image->text"]["n"] == 90 and row["metrics"]["image->text"]["candidates"] == 30
        assert row["error"] is None and not row["transductive"] and row["peak_rss_mb"] > 0
        assert row["infer_seconds_per_1000"] > 0 and row["seconds"]["fit"] >= 0
    assert len({tuple(row["directions"]["image->text"].items) for row in rows}) == 1


def test_a_row_is_what_align_measures(store: Store) -> None:
    row = compare(*given(), entries("procrustes", folds=None, test=0.3), store=store).rows[0]
    report = align(*given(), Choices(aligner="procrustes", test=0.3, seed=1), store=store).report
    for part in ("metrics", "ci95", "baseline", "space", "split", "n_train", "n_test", "params"):
        assert row[part] == report[part]


def test_the_report_is_json(store: Store) -> None:
    report = compare(*given(), entries("plain", "broken"), store=store, curve=2).report()
    again = json.loads(json.dumps(report))
    assert [row["aligner"] for row in again] == ["plain", "broken"] and "directions" not in again[0]


def test_what_fails_says_why_and_stops_nothing(store: Store) -> None:
    collection, encoding = given()
    text = encoding.sets["text"]
    wide = replace(text, vectors=np.hstack([text.vectors, text.vectors]))
    encoding = replace(encoding, sets={**encoding.sets, "text": wide})
    rows = compare(collection, encoding, entries("broken", "as-is", "ridge"), store=store).rows
    assert [row["aligner"] for row in rows] == ["ridge", "as-is", "broken"]
    assert rows[0]["error"] is None and "dimensions differ" in rows[1]["error"]
    assert rows[2]["error"] == "ZeroDivisionError: division by zero" and rows[2]["metrics"] == {}


def test_a_cancelled_comparison_goes_on_where_it_stopped(store: Store) -> None:
    published: list = []

    def stop(fraction: float, message: str) -> None:
        if message.startswith("ridge: fold 2"):
            raise Cancelled

    asked = entries("plain", "broken", "ridge", "procrustes")
    with pytest.raises(Cancelled):
        compare(*given(), asked, store=store, publish=published.append, progress=stop)
    assert [row["aligner"] for row in published] == ["plain", "broken"]
    assert [row["aligner"] for row in ranked(published).rows] == ["plain", "broken"]
    rest: list = []
    done = compare(*given(), asked, store=store, publish=rest.append, finished=published)
    assert [row["aligner"] for row in rest] == ["ridge", "procrustes"]
    whole = compare(*given(), asked, store=store)
    assert [row["aligner"] for row in done.rows] == [row["aligner"] for row in whole.rows]
    assert [row["metrics"] for row in done.rows] == [row["metrics"] for row in whole.rows]


def test_finished_rows_of_other_choices_or_data_are_not_taken(store: Store) -> None:
    finished = compare(*given(), entries("plain"), store=store).rows
    for data, asked in ((given(), entries("plain", seed=2)), (given(noise=2.0), entries("plain"))):
        published: list = []
        compare(*data, asked, store=store, finished=finished, publish=published.append)
        assert len(published) == 1


def test_each_row_is_told_apart_from_the_best_query_by_query(store: Store) -> None:
    rows = compare(*given(noise=0.5), entries("plain", "procrustes", "unpaired"), store=store).rows
    assert rows[0]["against_best"] == {} and rows[-1]["aligner"] == "unpaired"
    far = rows[-1]["against_best"]["image->text"]["mrr"]
    low, high = far["ci95"]
    assert low < far["difference"] < high < 0 and far["p"] < 0.01
    for way in ("image->text", "text->image"):
        difference = rows[-1]["metrics"][way]["mrr"] - rows[0]["metrics"][way]["mrr"]
        assert rows[-1]["against_best"][way]["mrr"]["difference"] == pytest.approx(difference)


def test_what_looks_at_all_queries_together_is_ranked_apart(store: Store) -> None:
    rows = compare(*given(), entries("plain", "only-seen", folds=None), store=store).rows
    assert [(row["aligner"], row["transductive"]) for row in rows] == [("plain", False), ("only-seen", True)]
    assert rows[1]["quality"] == 1.0 > rows[0]["quality"] and rows[1]["against_best"] == {}
    (row,) = compare(*given(), entries("plain", matcher="mutual"), store=store).rows
    assert row["transductive"]


def test_training_rows_as_a_bank_make_a_correction_per_query(store: Store) -> None:
    held, whole = (
        compare(*given(), entries("plain", folds=folds, correction="csls"), store=store).rows[0] for folds in (3, None)
    )
    assert not held["transductive"] and whole["transductive"]
    measured = entries("plain", correction="csls", correction_params={"bank": "queries"})
    assert compare(*given(), measured, store=store).rows[0]["transductive"]


def test_an_aligner_that_cannot_place_new_rows_is_refused_before_its_fit(store: Store) -> None:
    (row,) = compare(*given(), entries("only-seen"), store=store).rows
    assert "cannot be measured on held-out items" in row["error"]
    with pytest.raises(BadInput, match="cannot be measured on held-out items"):
        align(*given(), Choices(aligner="only-seen", test=0.2), store=store)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([], "nothing to compare"),
        (entries("plain", "plain"), "'plain' is named twice"),
        (entries("plain", "procrusts"), "did you mean 'procrustes'"),
        ([*entries("plain"), *entries("ridge", seed=5)], "must share"),
        (entries("plain", pair=("image", "video")), "no usable video"),
        (entries("plain", test=0.2), "cannot go together"),
        (entries("plain", folds=None, fold_column="flod"), "no metadata column 'flod'; it has: fold, year"),
        (entries("plain", folds=None, time_column="year"), "needs a test share"),
    ],
)
def test_comparisons_that_make_no_sense_are_refused_before_any_fit(
    asked: list[Choices], words: str, store: Store
) -> None:
    with pytest.raises(BadInput, match=words):
        compare(*given(), asked, store=store)
    assert Plain.fits == []


def test_no_measured_item_reaches_a_fit_through_any_modality(store: Store) -> None:
    for how in ({"folds": 3}, {"test": 0.2}, {"fold_column": "fold"}, {"test": 0.3, "time_column": "year"}):
        Plain.fits.clear()
        choices = {**SPLIT, "folds": None, **how}
        row = compare(*given(sounds=60), [Choices(aligner="plain", **choices)], store=store).rows[0]
        fits = Plain.fits
        assert all(set(fit) == {"image", "text", "audio"} for fit in fits)
        held = [{f"i{n:03d}" for n in range(90)} - set(fit["image"]) for fit in fits]
        assert set(row["directions"]["image->text"].items) == set.union(*held)
        assert all(not out & set(ids) for fit, out in zip(fits, held) for ids in fit.values())


def test_all_means_those_that_can_take_the_pair() -> None:
    names = takers(given()[1], ("image", "text"))
    assert {"plain", "as-is", "ridge"} <= set(names) and "bridge" not in names


def test_a_learning_curve_measures_the_same_items_from_nested_training_sets(store: Store) -> None:
    choices = Choices(aligner="plain", **SPLIT)
    curve = learning_curve(*given(), choices, store=store, steps=3)
    assert [(point["share"], point["pairs"]) for point in curve] == [(0.25, 15), (0.5, 30), (1.0, 60)]
    assert {(p["metrics"]["image->text"]["n"], p["metrics"]["image->text"]["candidates"]) for p in curve} == {(90, 30)}
    smallest, half, whole = ([set(fit["image"]) for fit in Plain.fits[start : start + 3]] for start in (0, 3, 6))
    assert all(a < b < c for a, b, c in zip(smallest, half, whole))
    (row,) = compare(*given(), [choices], store=store, curve=3).rows
    assert [point["metrics"] for point in row["curve"]] == [point["metrics"] for point in curve]


def test_too_few_pairs_are_a_point_with_its_reason(store: Store) -> None:
    few = learning_curve(*given(24), Choices(aligner="cca", test=0.25), store=store, steps=6)
    assert few[0]["pairs"] == 1 and few[0]["error"] and few[0]["metrics"] == {}
    assert few[-1]["error"] is None and few[-1]["pairs"] == 18


@pytest.mark.parametrize(
    ("choices", "steps", "words"),
    [({"folds": None}, 4, "measures held-out items"), ({}, 1, "1 points"), ({}, 99, "2 to 12")],
)
def test_curves_that_make_no_sense_are_refused(choices: dict, steps: int, words: str, store: Store) -> None:
    with pytest.raises(BadInput, match=words):
        learning_curve(*given(), *entries("plain", **choices), store=store, steps=steps)


def test_progress_comes_from_within_each_fit_and_never_falls(store: Store) -> None:
    told: list[tuple[float, str]] = []
    compare(*given(), entries("plain", "ridge"), store=store, progress=lambda *report: told.append(report))
    assert [f for f, _ in told] == sorted(f for f, _ in told) and told[-1][0] == 1.0
    assert "plain: fold 2 of 3: half way" in {message for _, message in told}


def test_who_watches_sees_each_step_of_each_fit_and_is_forgotten_after(store: Store) -> None:
    seen: list = []
    compare(*given(), entries("plain"), store=store, watch=lambda name, row: seen.append((name, row["loss"])))
    assert seen == [("plain", 1.0), ("plain", 0.0)] * 3
    rows: list = []
    run = align(*given(), Choices(aligner="plain"), store=store, watch=rows.append)
    assert [row["step"] for row in rows] == [0, 1]
    run.aligner.record(step=2)
    assert len(rows) == 2


def test_memory_is_that_of_the_fit_not_of_the_process() -> None:
    cost = Cost()
    with cost.fitting():
        held = np.ones(8_000_000)
    assert cost.fit_added_mb >= 55 and len(held)
    later = Cost()
    with later.fitting():
        pass
    assert later.fit_added_mb < 55 and later.fits == 1


def test_aligners_whose_training_did_not_help_are_one_row_with_a_sentence(store: Store) -> None:
    """Texts that are their pictures' own vectors leave training nothing to learn."""
    rows = compare(*given(noise=0.0), entries("infonce-mlp", "infonce-linear", "ridge"), store=store).rows
    by_name = {row["aligner"]: row for row in rows}
    assert by_name["infonce-mlp"]["start_kept"] and by_name["infonce-linear"]["start_kept"]
    assert not by_name["ridge"]["start_kept"]
    shown, kept = with_starts_folded(rows)
    assert sorted(row["aligner"] for row in shown) == ["infonce-linear, infonce-mlp", "ridge"]
    assert [each.words for each in kept] == [
        "infonce-linear, infonce-mlp: no better than the linear start here, training did not help on held-out pairs"
    ]


def test_a_trained_start_is_named_where_it_was_measured() -> None:
    made = {"error": None, "transductive": False}
    rows = [
        {**made, "aligner": "infonce-linear", "start_kept": False},
        {**made, "aligner": "cnn", "start_kept": True},
        {**made, "aligner": "self-attention", "start_kept": True},
        {**made, "aligner": "rnn", "start_kept": True},
        {**made, "aligner": "graph", "start_kept": True, "error": "no pairs"},
    ]
    shown, kept = with_starts_folded(rows)
    assert [row["aligner"] for row in shown] == ["infonce-linear", "cnn, rnn", "self-attention", "graph"]
    assert kept[0].words.startswith("cnn, rnn: no better than infonce-linear here") and kept[0].measured
    assert kept[1].aligners == ("self-attention",) and not kept[1].measured

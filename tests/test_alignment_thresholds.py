"""Suggested thresholds of an alignment: computed on pairs outside the fit, and used on request."""

from dataclasses import replace

import pytest

from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import Choices, align
from tests.test_workflow import given


def test_a_threshold_is_suggested_by_pairs_outside_the_fit(store: Store) -> None:
    data = given(200)
    plain = align(*data, Choices(aligner="procrustes", matcher="threshold", test=0.2), store=store)
    for way in ("image->text", "text->image"):
        found = plain.report["threshold"][way]
        assert found["n"] == 32 and 0 < found["precision"] <= 1 and len(found["curve"]["recall"]) > 1
    asked = Choices(aligner="procrustes", matcher="threshold", matcher_params={"suggested": True}, test=0.2)
    taken = align(*data, asked, store=store)
    assert taken.report["threshold"] == plain.report["threshold"]
    used = taken.report["threshold"]["image->text"]["suggested"]
    assert taken.report["matcher_params"]["threshold"] == used == taken.choices.matcher_params["threshold"]
    by_hand = replace(asked, matcher_params={"threshold": used})
    expected = align(*data, by_hand, store=store).report["metrics"]["image->text"]
    assert taken.report["metrics"]["image->text"] == expected


def test_what_a_fit_chose_by_itself_holds_for_the_fit_that_suggests_a_threshold(store: Store) -> None:
    data = given(rows=120)
    run = align(*data, Choices(aligner="cca", test=0.2), store=store)
    assert set(run.aligner.chosen_params) == {"reg", "weighting"}
    again = run.choices.settled_by(run.aligner)
    assert again.new_aligner().params["reg"] == run.aligner.chosen_params["reg"] > 0
    assert Choices().settled_by(align(*data, Choices(aligner="as-is"), store=store).aligner).params == {}


def test_where_no_pairs_can_be_kept_apart_there_is_a_reason_in_place_of_a_threshold(store: Store) -> None:
    data = given(2)
    report = align(*data, Choices(aligner="procrustes", matcher="threshold"), store=store).report
    assert "1 do, at least 2 must" in report["threshold"]["error"]
    suggested = Choices(aligner="procrustes", matcher="threshold", matcher_params={"suggested": True})
    with pytest.raises(BadInput, match="at least 2 must"):
        align(*data, suggested, store=store)


def test_each_fold_decides_by_its_own_suggestion(store: Store) -> None:
    choices = Choices(aligner="ridge", matcher="threshold", matcher_params={"suggested": True}, folds=3)
    run = align(*given(120), choices, store=store)
    row = run.report["metrics"]["image->text"]
    assert row["n"] == 120 and 0 < row["accuracy"] <= row["recall@1"]

"""Figures of compared aligners: every number drawn is one of the rows', with its interval."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from mmalign_core.plots import (
    difference_figure,
    fit_figure,
    is_training,
    latest_fit,
    learning_figure,
    quality_time_figure,
    threshold_figure,
)
from mmalign_core.plots.leaderboard import FAMILY_COLOURS, FAMILY_SYMBOLS, spread
from mmalign_core.workflow.menus.cards import FAMILIES

WAYS = ("image->text", "text->image")


def row(aligner: str, family: str, value: float, seconds: float, *, transductive: bool = False) -> dict[str, Any]:
    metrics = {way: {"recall@1": value, "mrr": value} for way in WAYS}
    ci95 = {way: {"recall@1": (value - 0.1, value + 0.05), "mrr": (value, value)} for way in WAYS}
    less = {"difference": value - 0.6, "ci95": [value - 0.7, value - 0.55], "p": 0.02}
    return {
        "aligner": aligner, "family": family, "metrics": metrics, "ci95": ci95, "seconds": {"fit": seconds},
        "transductive": transductive, "against_best": {way: {"recall@1": less, "mrr": less} for way in WAYS},
    }  # fmt: skip


ROWS = [
    row("<best>", "model", 0.6, 30.0),
    row("cca", "embedding", 0.5, 0.2),
    row("as-is", "matching", 0.1, 0.0, transductive=True),
]


def traces(figure: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data if trace.showlegend is not False}


def test_families_have_a_colour_and_a_shape_of_their_own() -> None:
    assert set(FAMILY_COLOURS) == set(FAMILY_SYMBOLS) == set(FAMILIES)
    assert len(set(FAMILY_COLOURS.values())) == len(set(FAMILY_SYMBOLS.values())) == 4


def test_quality_against_time_draws_each_row_in_each_direction() -> None:
    figure = quality_time_figure(ROWS, "recall@1")
    assert len(figure.data) == 6 and set(traces(figure)) == {"model", "embedding", "matching"}
    best = traces(figure)["model"]
    assert (best.x[0], best.y[0]) == (30.0, 0.6)
    assert best.error_y.array[0] == pytest.approx(0.05) and best.error_y.arrayminus[0] == pytest.approx(0.1)
    assert "&lt;best&gt;" in best.text[0], "names never become markup"
    still = traces(figure)["matching"]
    assert still.x[0] > 0 and still.marker.symbol[0].endswith("-open"), "no logarithm of 0; transductive ones are open"
    low, high = figure.layout.xaxis.range
    assert low < np.log10(still.x[0]) and high > np.log10(30)


def named(figure: Any, axis: str) -> list[Any]:
    return [note for note in figure.layout.annotations if note.showarrow is not False and note.yref == axis]


def overlapping(figure: Any, axis: str) -> list[tuple[str, str]]:
    """Names of one panel whose boxes meet, in a panel of 380 pixels with 6 pixels a letter and 14 a line."""
    low, high = figure.layout.xaxis.range
    tall, pixels = figure.layout.yaxis.range[1], figure.layout.height - 130
    boxes = []
    for note in named(figure, axis):
        at, wide = (note.ax - low) / (high - low) * 380, 6 * len(note.text)
        boxes.append((note.text, at - wide if note.xanchor == "right" else at, wide, note.ay / tall * pixels))
    pairs = [(one, other) for k, one in enumerate(boxes) for other in boxes[:k]]
    return [
        (one[0], other[0]) for one, other in pairs
        if abs(one[3] - other[3]) < 13 and one[1] < other[1] + other[2] and other[1] < one[1] + one[2]
    ]  # fmt: skip


def test_names_never_overlap_and_stay_inside() -> None:
    crowd = [row(f"aligner-{k}", "model", 0.5 + k / 1000, 1.0 + k % 3) for k in range(24)]
    figure = quality_time_figure(crowd, "recall@1")
    for axis in ("y", "y2"):
        names = named(figure, axis)
        assert len({note.text for note in names}) == len(names) == len(crowd)
        assert not overlapping(figure, axis)
        assert min(n.ay for n in names) >= 0 and max(n.ay for n in names) <= figure.layout.yaxis.range[1], "inside"
        assert all(abs(note.ax - note.x) > 0.01 for note in names), "beside its point, which stays free"


@pytest.mark.parametrize("name", ["relative", "classic", "a-name-of-16-letters"])
def test_a_name_stands_near_its_point_although_others_lie_in_its_row(name: str) -> None:
    seconds = (0.01, 0.1, 0.4, 1.6, 30.0)
    rows = [row(name, "matching", 0.16, 0.002)]
    rows += [row(f"slow-{k}", "model", 0.15 + k / 100, second) for k, second in enumerate(seconds)]
    figure = quality_time_figure(rows, "recall@1")
    note = next(note for note in figure.layout.annotations if note.text == name)
    low, high = figure.layout.xaxis.range
    assert abs(note.ax - note.x) < 0.1 * (high - low), "no line across the whole panel"
    assert not overlapping(figure, "y")


def test_places_of_names_stay_near_their_points() -> None:
    assert spread([0.2, 0.5, 0.8], 0.1, 1.0) == [0.2, 0.5, 0.8]
    assert spread([0.5, 0.5], 0.1, 1.0) == pytest.approx([0.5, 0.6])
    assert spread([1.0, 1.0], 0.1, 1.0) == pytest.approx([0.85, 0.95])
    assert spread([], 0.1, 1.0) == []


def test_numbers_without_a_unit_in_common_have_panels_of_their_own() -> None:
    tried = [{"ridge": 10.0**k, "weighting": k, "held_out_mrr": 0.3 + k / 100} for k in range(3)]
    figure = fit_figure(tried)
    assert len({trace.yaxis for trace in figure.data}) == 3 and not is_training(tried)
    assert figure.data[2].name == "held out MRR" and figure.layout.xaxis3.title.text == "setting tried"
    rounds = [{"step": k, "mutual": 0.1 * k, "csls": 0.2 * k} for k in range(3)]
    assert is_training(rounds) and fit_figure(rounds).layout.xaxis2.title.text == "step"


def test_differences_are_those_from_the_first_row() -> None:
    figure = difference_figure(ROWS[:2], "recall@1")
    assert len(figure.data) == 2 and len(figure.data[0].x) == 1
    assert figure.data[0].x[0] == pytest.approx(-0.1) and figure.data[0].error_x.array[0] == pytest.approx(0.05)
    assert list(figure.layout.yaxis.ticktext) == ["cca"]
    low, high = figure.layout.xaxis.range
    assert low < -0.2 and high > 0 and figure.layout.xaxis2.range == (low, high), "0 is in every panel"


def test_fit_curves_break_where_steps_begin_anew() -> None:
    history = [{"step": s, "loss": 1 / (1 + s), "validation": s} for s in (0, 10, 20)] + [{"step": 0, "loss": 5.0}]
    figure = fit_figure(history, title="mlp")
    loss, validation = figure.data
    assert list(loss.x) == [0, 10, 20, None, 0] and (loss.yaxis, validation.yaxis) == ("y", "y2")
    assert latest_fit(history) == history[3:] and latest_fit(history[:3]) == history[:3] and not latest_fit([])
    assert [trace.yaxis for trace in fit_figure([{"step": 0, "held_out": 1.0}]).data] == ["y"]
    assert not fit_figure([]).data


def test_learning_curves_leave_out_what_could_not_be_fitted() -> None:
    def point(pairs: int, value: float, error: str | None = None) -> dict[str, Any]:
        found = {way: {"recall@1": value} for way in WAYS}
        bounds = {way: {"recall@1": (value, value)} for way in WAYS}
        return {"pairs": pairs, "error": error} | ({} if error else {"metrics": found, "ci95": bounds})

    figure = learning_figure({"cca": [point(10, 0, "too few"), point(20, 0.2), point(40, 0.4)]}, "recall@1")
    assert [list(trace.x) for trace in figure.data] == [[20, 40], [20, 40]]
    assert list(figure.layout.xaxis.ticktext) == ["20", "40"]
    assert not learning_figure({"cca": [point(10, 0, "too few")]}, "recall@1").data


def test_the_threshold_stands_where_it_was_suggested() -> None:
    figure = threshold_figure([0.9, 0.5, 0.1], [1.0, 0.8, 0.5], [0.1, 0.6, 1.0], 0.5)
    assert [trace.name for trace in figure.data] == ["precision", "recall"]
    assert figure.layout.shapes[0].x0 == figure.layout.shapes[0].x1 == 0.5

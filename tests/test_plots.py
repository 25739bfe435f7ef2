"""Figures carry the numbers they were given, survive any label, and keep one colour per modality."""

import html

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.plots import (
    MODALITY_COLOURS,
    MODALITY_SYMBOLS,
    MapMarks,
    MapQuery,
    answer_scores_figure,
    contribution_figure,
    heatmap_figure,
    map_figure,
    metric_figure,
    plain_label,
)
from mmalign_core.plots.labels import cut
from mmalign_core.plots.map_marks import link_opacity
from mmalign_core.plots.space_map import point_size
from mmalign_core.types import MODALITIES

RNG = np.random.default_rng(0)


def luminance(colour: str) -> float:
    """WCAG relative luminance of '#rrggbb'."""
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("background", ["#FFFFFF", "#11151C"])
def test_every_modality_is_readable_on_both_themes(background: str) -> None:
    assert set(MODALITY_COLOURS) == set(MODALITY_SYMBOLS) == set(MODALITIES)
    assert all(contrast(colour, background) >= 3 for colour in MODALITY_COLOURS.values())


def test_colours_stay_apart_for_the_colour_blind() -> None:
    """Machado, Oliveira and Fernandes (2009), full severity: colour difference above 9 in every pair."""
    from skimage.color import deltaE_ciede2000, rgb2lab

    seen_by = {
        "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.96888]],
        "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.04812, 1.052]],
        "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.69137, 0.3039]],
    }
    channels = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in MODALITY_COLOURS.values()])
    linear = ((channels + 0.055) / 1.055) ** 2.4
    for matrix in seen_by.values():
        lab = rgb2lab(np.clip(linear @ np.array(matrix).T, 0, 1) ** (1 / 2.4))
        apart = [deltaE_ciede2000(a, b) for i, a in enumerate(lab) for b in lab[i + 1 :]]
        assert min(apart) > 8


@given(st.text(max_size=200), st.integers(2, 60))
def test_labels_are_cut_escaped_and_on_one_line(text: str, limit: int) -> None:
    label = plain_label(text, limit)
    assert "<" not in label and ">" not in label and "\n" not in label
    assert len(html.unescape(label)) <= max(limit, len(text)) and len(cut(text, limit)) <= limit
    assert html.unescape(label) == cut(text, limit)


def test_cut_leaves_no_half_emoji() -> None:
    assert cut("ab👩\u200d🔬 in the lab", 5) == "ab👩…"
    assert "\u200d…" not in cut("a👩\u200d🔬🔬🔬", 4)


def test_heatmap_reports_cells_by_row_and_column() -> None:
    scores = RNG.normal(size=(3, 5))
    figure = heatmap_figure(scores, list("abc"), list("vwxyz"), right=np.eye(3, 5, dtype=bool))
    assert np.array_equal(figure.data[0].z, scores)
    overlay = figure.data[1]
    assert [tuple(pair) for pair in overlay.customdata] == [(i, j) for i in range(3) for j in range(5)]
    assert overlay.marker.opacity > 0, "plotly sends no event for markers of opacity 0"
    assert list(figure.data[2].x) == list(figure.data[2].y) == [0, 1, 2]


def test_heatmap_draws_thumbnails_only_while_they_fit() -> None:
    uri = "data:image/png;base64,AAAA"
    small = heatmap_figure(np.zeros((2, 2)), ["a", "b"], ["c", "d"], row_images=[uri, None])
    assert [image.y for image in small.layout.images] == [0]
    large = heatmap_figure(np.zeros((60, 60)), ["a"] * 60, ["b"] * 60, row_images=[uri] * 60)
    assert not large.layout.images


def test_heatmap_of_one_cell_and_hostile_labels() -> None:
    figure = heatmap_figure(np.ones((1, 1)), ["<b>&</b>"], ["猫" * 100])
    assert "&lt;b&gt;" in figure.data[1].hovertext[0] and len(figure.layout.xaxis.ticktext[0]) <= 18


def places(spatial: bool = False) -> pd.DataFrame:
    rows = [(item, m) for item in ("a", "b", "c") for m in ("text", "image")] + [("a", "audio")]
    frame = pd.DataFrame(rows, columns=["item", "modality"])
    for axis in "xyz" if spatial else "xy":
        frame[axis] = RNG.normal(size=len(frame))
    return frame


@pytest.mark.parametrize("spatial", [False, True])
def test_map_has_one_trace_per_modality_and_links_items(spatial: bool) -> None:
    rows = places(spatial)
    figure = map_figure(rows, list(rows["item"]))
    links, *points = figure.data
    assert [trace.name for trace in points] == ["text", "image", "audio"]
    assert [trace.marker.color for trace in points] == [MODALITY_COLOURS[t.name] for t in points]
    assert sum(len(t.x) for t in points) == len(rows)
    assert np.isnan(links.x).sum() == 4, "three text-image pairs and one text-audio pair"
    assert len(map_figure(rows, list(rows["item"]), links=False).data) == 3


def test_map_rings_the_item_looked_at() -> None:
    rows = places()
    line, ring = map_figure(rows, list(rows["item"]), highlight="a").data[-2:]
    assert len(ring.x) == 3 and np.isnan(line.x).sum() == 2
    plain = map_figure(rows, list(rows["item"]), highlight="no such item")
    assert len(plain.data) == 4


def test_map_colours_by_category_or_number() -> None:
    rows = places()
    by_name = map_figure(rows, [""] * 7, colour=["u", "u", "v", "v", None, None, "u"], links=False)
    assert {trace.name for trace in by_name.data} == {"u", "v", "none"}
    many = map_figure(rows.loc[rows.index.repeat(4)], [""] * 28, colour=[f"c{i}" for i in range(28)], links=False)
    assert many.data[0].name == "18 others"
    frame = rows.loc[rows.index.repeat(2)].reset_index(drop=True)
    by_number = map_figure(frame, [""] * 14, colour=list(range(14)), links=False)
    assert list(by_number.data[0].marker.color) == list(range(14))


def test_every_point_carries_its_item() -> None:
    rows = places()
    for trace in map_figure(rows, list(rows["item"]), links=False).data:
        assert all(modality == trace.name for _, modality in trace.customdata)


def test_metric_bars_show_interval_and_baseline() -> None:
    metrics = {"image->text": {"recall@1": 0.5, "mrr": 0.6}, "text->image": {"recall@1": 0.4, "mrr": 0.5}}
    figure = metric_figure(metrics, {"image->text": {"recall@1": [0.4, 0.7]}}, {"image->text": {"recall@1": 0.01}})
    first = figure.data[0]
    assert first.name == "image → text" and list(first.y) == [0.5, 0.6]
    assert np.allclose(first.error_y.array, [0.2, 0]) and np.allclose(first.error_y.arrayminus, [0.1, 0])
    assert figure.data[2].y == (0.01,)


@given(st.lists(st.fixed_dictionaries({"text": st.floats(-1, 1), "image": st.floats(-1, 1)}), min_size=1, max_size=12))
def test_contribution_bars_sum_to_the_scores(parts: list[dict[str, float]]) -> None:
    figure = contribution_figure(["same label"] * len(parts), parts)
    drawn = np.sum([trace.x for trace in figure.data], axis=0)
    assert np.allclose(drawn, [sum(p.values()) for p in parts])


def test_many_points_are_small_and_their_links_faint() -> None:
    sizes = [point_size(n) for n in (1, 800, 3000, 20_000, 10**6)]
    faint = [link_opacity(n) for n in (1, 600, 1600, 10**6)]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == 8 and sizes[-1] == 4
    assert faint == sorted(faint, reverse=True) and faint[0] == 0.25 and faint[-1] == 0.06


def test_a_chosen_cell_is_marked_and_right_answers_stay_outlined() -> None:
    figure = heatmap_figure(np.eye(3), "abc", "xyz", right=np.eye(3, dtype=bool), chosen=(1, 2))
    cells, outline = figure.data[1:]
    assert cells.selectedpoints == (5,) and tuple(cells.customdata[5]) == (1, 2)
    assert cells.selected.marker.opacity > 0.5 > cells.unselected.marker.opacity
    assert outline.unselected.marker.opacity == outline.selected.marker.opacity == 1


def test_a_large_matrix_sends_no_text_for_each_cell() -> None:
    """200 rows took 13 s to draw as SVG elements with a hover text each."""
    scores, names = RNG.normal(size=(200, 200)), [f"label {k}" for k in range(200)]
    figure = heatmap_figure(scores, names, names, right=np.eye(200, dtype=bool), row_title="image", column_title="text")
    cells = figure.data[1]
    assert cells.type == "scattergl" and cells.hovertext is None and len(figure.to_json()) < 2_000_000
    assert tuple(cells.customdata[201]) == pytest.approx((1, 1, scores[1, 1]), abs=1e-6)
    assert figure.layout.xaxis.ticktext[7] == "label 7" and "%{x}" in cells.hovertemplate


def test_cells_carry_their_notes() -> None:
    figure = heatmap_figure(np.eye(2), "ab", "xy", notes=[["<1>", "2"], ["3", "4"]])
    assert [text.split("<br>")[-1] for text in figure.data[1].hovertext] == ["&lt;1&gt;", "2", "3", "4"]


def test_links_of_some_items_are_listed_so_that_isolating_a_group_hides_them() -> None:
    rows = places()
    links = map_figure(rows, list(rows["item"]), links=["b"]).data[0]
    assert np.isnan(links.x).sum() == 1 and links.showlegend and links.name == "links"
    assert len(map_figure(rows, list(rows["item"]), links=[]).data) == 3


def test_the_map_turns_in_space_and_its_legend_leaves_room_for_the_toolbar() -> None:
    flat, deep = (map_figure(places(spatial), [""] * 7) for spatial in (False, True))
    assert flat.layout.dragmode == "pan" and deep.layout.scene.dragmode == deep.layout.dragmode == "orbit"
    assert flat.layout.legend.yanchor == "top" and flat.layout.legend.y < 0
    assert flat.layout.uirevision == map_figure(places(), [""] * 7, highlight="a").layout.uirevision


def test_ordered_columns_are_scales_and_what_has_no_value_is_grey() -> None:
    rows = places()
    years = pd.to_datetime(pd.Series(["2001-01-01", "2002-07-02", "2003-01-01"] * 2 + [None]))
    none, dated = map_figure(rows, [""] * 7, colour=years.tolist(), links=False).data
    assert none.name == "none" and len(none.x) == 1
    assert list(dated.marker.color)[:3] == pytest.approx([2001, 2002.5, 2003], abs=0.01)
    ranks = map_figure(rows, [""] * 7, colour=[1, 10, 100, 1, 1, 1, 1000.0], logarithmic=True, links=False).data[0]
    assert list(ranks.marker.color)[:3] == [0, 1, 2] and ranks.marker.colorbar.ticktext[-1] == "1,000"
    tints = {t.name: t.marker.color for t in map_figure(rows, [""] * 7, colour=["wrong"] * 6 + ["right"]).data[1:]}
    assert tints == {"wrong": "#D1495B", "right": "#0F9B76"}
    assert map_figure(rows, [""] * 7, colour=["a"] + [None] * 6, links=False).data[0].marker.color == "#8A94A3"


@pytest.mark.parametrize("spatial", [False, True])
def test_a_query_lies_on_the_map_with_lines_to_its_answers(spatial: bool) -> None:
    rows = places(spatial)
    place = np.zeros(3 if spatial else 2)
    marks = MapMarks(["a"], {"<b>": place}, MapQuery("<i>", place, ["a", "b"]))
    figure = map_figure(rows, [""] * 7, links=False, marks=marks)
    line, star = figure.data[-2:]
    assert np.isnan(line.x).sum() == 5, "one line to each medium of the two answers"
    assert star.hovertext[0] == "query: &lt;i&gt;" and len(figure.data[-3].x) == 3
    notes = figure.layout.scene.annotations if spatial else figure.layout.annotations
    assert [note.text for note in notes] == ["&lt;b&gt;"]


def test_score_bars_hold_every_answer() -> None:
    edges, counts = np.linspace(0, 1, 4), np.array([[1, 2, 3], [4, 0, 1], [0, 5, 0]])
    right, wrong, missed = answer_scores_figure(edges, *counts, threshold=0.5).data
    assert [list(bar.y) for bar in (right, wrong, missed)] == counts.tolist()
    assert list(right.x) == pytest.approx([1 / 6, 0.5, 5 / 6])

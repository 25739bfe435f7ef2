"""Maps drawn over their media: right numbers at right places, safe whatever the text, readable on both themes."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.plots import picture_map_figure, sound_map_figure, word_map_html
from mmalign_core.plots.colours import ADDS_RGB, TAKES_RGB, diverging_scale, scale_of, tint
from mmalign_core.plots.word_map import STRONGEST

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
GRID = [(c / 3, r / 2, (c + 1) / 3, (r + 1) / 2) for r in range(2) for c in range(3)]
VALUES = np.array([0.3, -0.1, 0.0, 0.05, -0.2, 0.1])


def opacity(colour: str) -> float:
    return float(colour.rstrip(")").split(",")[3])


class Shown(HTMLParser):
    """The text a browser shows, and the tags it meets."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text, self.tags = "", []
        self.feed(source)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))


def test_cells_lie_where_their_boxes_are() -> None:
    figure = picture_map_figure(PIXEL, (300, 200), GRID, VALUES, [f"cell {i}" for i in range(6)])
    heat, hover = figure.data
    assert np.asarray(heat.z).tolist() == VALUES.reshape(2, 3).tolist()
    assert heat.x == pytest.approx([0, 1 / 3, 2 / 3, 1]) and heat.y == pytest.approx([0, 0.5, 1])
    assert (heat.zmin, heat.zmax) == (-0.3, 0.3)
    assert figure.layout.yaxis.range == (1, 0) and figure.layout.yaxis.scaleratio == pytest.approx(200 / 300)
    assert hover.hovertext[1] == "cell 1<br>adds -0.1000" and hover.customdata.tolist() == [[i] for i in range(6)]
    assert (hover.x[4], hover.y[4]) == pytest.approx((0.5, 0.75))
    assert figure.layout.images[0].source == PIXEL


def test_boxes_in_any_order_and_of_any_size() -> None:
    """A part of its own size beside a gap: the gap stays empty."""
    figure = picture_map_figure(PIXEL, (10, 10), [(0.5, 0, 1, 1), (0, 0, 0.5, 0.25)], np.array([1.0, -2.0]))
    z = np.asarray(figure.data[0].z, dtype=float)
    assert z[0].tolist() == [-2, 1] and np.isnan(z[1, 0]) and z[1, 1] == 1


def test_rounding_of_edges_makes_no_slivers() -> None:
    boxes = [(c / 7, r / 7, (c + 1) / 7 + 1e-9, (r + 1) / 7) for r in range(7) for c in range(7)]
    assert np.asarray(picture_map_figure(PIXEL, (7, 7), boxes, np.ones(49)).data[0].z).shape == (7, 7)


def test_what_matters_most_is_outlined() -> None:
    """Solid where it adds, dashed where it takes away; neighbours share one outline."""
    shapes = picture_map_figure(PIXEL, (300, 200), GRID, VALUES).layout.shapes
    assert [shape.line.dash for shape in shapes if shape.line.color == "#FFFFFF"] == ["solid", "dash"]
    assert shapes[0].path.count("M") == 4
    together = picture_map_figure(PIXEL, (300, 200), GRID, np.array([1.0, 1, 0, 0, 0, 0])).layout.shapes
    assert together[0].path.count("M") == 6
    assert not picture_map_figure(PIXEL, (300, 200), GRID, np.zeros(6)).layout.shapes


def test_zero_is_transparent_and_the_scale_symmetric() -> None:
    scale = diverging_scale(0.8)
    places = [place for place, _ in scale]
    assert places == sorted(places) and (places[0], places[-1]) == (0, 1)
    assert [opacity(colour) for _, colour in scale] == [0.8, 0, 0, 0.8]
    assert scale_of(np.array([0.2, -0.5, np.nan])) == 0.5 and scale_of(np.zeros(3)) == scale_of(np.zeros(0)) == 1


@pytest.mark.parametrize("values", [np.zeros(6), np.full(6, np.nan), VALUES * 1e-9, VALUES * 1e9])
def test_pictures_of_any_values(values: np.ndarray) -> None:
    figure = picture_map_figure(PIXEL, (0, 0), GRID, values)
    assert figure.data[0].zmax > 0 and "nan" not in str(figure.layout.shapes)


def test_labels_of_users_are_escaped() -> None:
    figure = picture_map_figure(PIXEL, (3, 2), GRID[:1], VALUES[:1], ["<b>sky</b>"])
    assert figure.data[1].hovertext[0].startswith("&lt;b&gt;sky")


def test_words_are_tinted_by_what_they_add() -> None:
    text = "a red dog"
    tags = Shown(word_map_html(text, [(0, 1), (2, 5), (6, 9)], np.array([0.0, 0.2, -0.1]))).tags
    plain, adds, takes = (attributes for tag, attributes in tags if tag == "span")
    assert plain == {"title": "+0.0000"}
    assert tint(1, STRONGEST) in adds["style"] and "solid" in adds["style"] and adds["title"] == "+0.2000"
    assert tint(-0.5, STRONGEST) in takes["style"] and "dashed" in takes["style"] and takes["title"] == "-0.1000"


@given(st.text(max_size=80), st.data())
def test_the_text_is_shown_as_it_is(text: str, data: st.DataObject) -> None:
    """Whatever it holds, markup included, nothing of it becomes a tag and nothing of it is lost."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    places = list(pairwise(cuts))
    values = np.array(data.draw(st.lists(st.floats(allow_nan=True), min_size=len(places), max_size=len(places))))
    shown = Shown(word_map_html(text, places, values))
    assert {tag for tag, _ in shown.tags} <= {"div", "span"}
    assert all(set(attributes) <= {"style", "title", "dir"} for _, attributes in shown.tags)
    control = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
    assert shown.text == control.sub("", text)
    assert not any("nan" in attributes.get("title", "") for _, attributes in shown.tags)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt; &amp;", "' style='x"]
)
def test_markup_stays_text(text: str) -> None:
    shown = Shown(word_map_html(text, [(0, len(text))], np.array([1.0])))
    assert shown.text == text and len(shown.tags) == 2


def test_chinese_and_emoji() -> None:
    text = "一只狗🐕‍🦺跑"
    source = word_map_html(text, [(0, 1), (1, 2), (2, 3), (3, 6), (6, 7)], np.arange(5) - 2.0)
    assert Shown(source).text == text and ">🐕‍🦺</span>" in source and "overflow-wrap:anywhere" in source


def test_long_texts_are_cut_and_say_so() -> None:
    text = "word " * 2000
    places = [(5 * i, 5 * i + 4) for i in range(2000)]
    source = word_map_html(text, places, np.ones(2000), most=1000)
    assert Shown(source).text.endswith("… 9,000 more characters") and source.count("title=") == 200
    family = "x" * 9 + "👨‍👩‍👧"
    for most in range(10, len(family)):
        assert Shown(word_map_html(family, [], np.zeros(0), most=most)).text.split("…")[0] == "x" * 9


def luminance(rgb: np.ndarray) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("colour", [ADDS_RGB, TAKES_RGB])
@pytest.mark.parametrize(("paper", "ink"), [("#FFFFFF", "#1C2430"), ("#F4F5F8", "#1C2430"), ("#11151C", "#E4E8EF")])
def test_tinted_words_are_readable_on_both_themes(colour: tuple[int, ...], paper: str, ink: str) -> None:
    """WCAG AA: 4.5 to 1."""
    paper_rgb, ink_rgb = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) / 255 for c in (paper, ink))
    for strength in np.linspace(0, STRONGEST, 12):
        behind = strength * np.array(colour) / 255 + (1 - strength) * paper_rgb
        high, low = sorted((luminance(behind), luminance(ink_rgb)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_bars_stand_over_their_seconds() -> None:
    wave = np.sin(np.arange(32000) / 20)
    figure = sound_map_figure(wave, 16000, [(0, 0.5), (0.5, 2.0)], np.array([0.2, -0.4]))
    bars = figure.data[1]
    assert (list(bars.x), list(bars.width), list(bars.y)) == ([0.25, 1.25], [0.5, 1.5], [0.2, -0.4])
    assert figure.layout.xaxis.range == (0, 2) and figure.layout.xaxis.title.text == "seconds"
    assert figure.layout.yaxis2.range == pytest.approx((-0.432, 0.432))
    hover = figure.data[2]
    assert hover.hovertext[1] == "0.5–2.0 s<br>adds -0.4000" and hover.customdata.tolist() == [[0], [1]]


def test_a_segment_that_adds_nothing_can_be_pointed_at() -> None:
    figure = sound_map_figure(np.ones(200), 100, [(0, 1), (1, 2)], np.array([0.0, 0.5]))
    hover, (low, high) = figure.data[2], figure.layout.yaxis2.range
    assert hover.base == low and list(hover.y) == pytest.approx([high - low] * 2)
    assert (list(hover.x), list(hover.width)) == ([0.5, 1.5], [1, 1]) and figure.layout.barmode == "overlay"


def test_the_envelope_shows_a_single_loud_sample() -> None:
    wave = np.zeros(160000)
    wave[123456] = -0.5
    envelope = sound_map_figure(wave, 16000, [(0, 10)], np.ones(1)).data[0]
    lowest = int(np.argmin(envelope.y))
    assert len(envelope.x) <= 1600 and envelope.x[lowest] == pytest.approx(123456 / 16000, abs=0.02)
    assert envelope.y[lowest] == pytest.approx(-0.9)


def test_a_spectrogram_lies_over_the_same_seconds() -> None:
    bands = np.random.default_rng(0).random((257, 5000))
    behind = sound_map_figure(np.zeros(48000), 16000, [(0, 3)], np.ones(1), spectrogram=bands).data[0]
    assert behind.type == "heatmap" and np.asarray(behind.z).shape == (96, 800)
    assert (behind.x[0], behind.x[-1]) == (0, 3)
    assert np.mean(behind.z) == pytest.approx(bands.mean(), rel=0.01)


@pytest.mark.parametrize("wave", [np.zeros(100), np.zeros(0), np.full(100, np.nan), np.ones(1)])
def test_silent_short_and_broken_sounds(wave: np.ndarray) -> None:
    figure = sound_map_figure(wave, 100, [(0, 1)], np.zeros(1))
    assert np.isfinite(np.asarray(figure.data[0].y, dtype=float)).all()

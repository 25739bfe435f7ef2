"""A medium in parts: words of any script, cells of a picture, segments of a sound, and each of them masked."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.explain.parts import picture_parts, sound_parts, text_parts
from mmalign_core.explain.words import phrases, without, word_spans
from mmalign_core.types import BadInput
from mmalign_core.workflow.explanation.attribution_steps import overlaps

# Words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop: a well-known dog's life.", ["Don't", "stop", "a", "well-known", "dog's", "life"]),
        ("狗在花园里叫，Hello", ["狗", "在", "花", "园", "里", "叫", "Hello"]),
        ("ロケットが好き", ["ロケット", "が", "好", "き"]),
        ("เห่าอยู่", ["เห่", "า", "อ", "ยู่"]),
        ("👩🏽\u200d🚀🚀 hi 🇩🇪🇫🇷!", ["👩🏽\u200d🚀", "🚀", "hi", "🇩🇪", "🇫🇷"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("l’eau e\u0301 1️⃣", ["l’eau", "e\u0301", "1️⃣"]),
        ("...", ["..."]),
        ("", []),
    ],
)
def test_words_of_many_scripts_are_found(text, words):
    assert [text[a:b] for a, b in word_spans(text)] == words


@given(st.text(max_size=80))
def test_words_are_apart_in_order_and_hold_every_letter(text):
    spans = word_spans(text)
    assert all(a < b for a, b in spans) and all(b <= c for (_, b), (c, _) in pairwise(spans))
    inside = {i for a, b in spans for i in range(a, b)}
    assert all(i in inside for i, character in enumerate(text) if character.isalnum())
    assert without(text, spans, [True] * len(spans)) == text
    assert not spans or without(text, spans, [False] * len(spans)) == ""


def test_a_dropped_word_takes_its_punctuation_along():
    text = "«Run, dog, run!»"
    spans = word_spans(text)
    assert without(text, spans, [True, False, True]) == "«Run, run!»"
    assert without(text, spans, [False, True, False]) == "dog,"


@pytest.mark.parametrize(("count", "most"), [(5, 200), (200, 200), (201, 200), (10_000, 200)])
def test_long_texts_are_seen_in_phrases(count, most):
    parts = text_parts("word " * count, most).parts
    assert (
        len(parts) <= most
        and (count < 5000 or len(parts) == 20)
        and parts[0].place[0] == 0
        and parts[-1].place[1] == 5 * count - 1
    )
    assert phrases([], most) == []


# Cells and segments


def test_a_masked_cell_is_blurred_and_the_others_stay():
    pixels = np.random.default_rng(0).integers(0, 256, (31, 50, 3), dtype=np.uint8)
    cells = picture_parts(pixels, 4)
    mask = np.ones(16, bool)
    mask[5] = False
    seen = cells.masked(mask)
    left, top, right, bottom = cells.parts[5].place
    changed = (seen != pixels).any(2)
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    assert round(top * 31) == rows[0] and rows[-1] == round(bottom * 31) - 1
    assert round(left * 50) == columns[0] and columns[-1] == round(right * 50) - 1
    assert seen[changed].std() < 0.4 * pixels[changed].std()
    assert cells.masked(np.ones(16, bool)) is pixels


@pytest.mark.parametrize("grid", [0, 29])
def test_a_grid_out_of_range_is_bad_input(grid):
    with pytest.raises(BadInput, match="1 to 28"):
        picture_parts(np.zeros((8, 8, 3), np.uint8), grid)


@pytest.mark.parametrize(
    ("seconds", "count"), [(0.01, 1), (0.7, 1), (0.8, 2), (5.0, 10), (30.0, 60), (31.0, 31), (600, 60)]
)
def test_sounds_have_at_most_sixty_segments_that_cover_them(seconds, count):
    waveform = np.ones(round(seconds * 1000), np.float32)
    parts = sound_parts(waveform, 1000).parts
    assert len(parts) == count and parts[0].place[0] == 0 and parts[-1].place[1] == pytest.approx(len(waveform) / 1000)
    assert all(a.place[1] == b.place[0] for a, b in pairwise(parts))


def test_a_masked_segment_is_silent_and_its_neighbours_fade_without_a_click():
    segments = sound_parts(np.ones(3000, np.float32), 1000)
    kept = segments.masked(np.array([True, True, False, True, True, True]))
    assert (kept[1000:1500] == 0).all() and (kept[:980] == 1).all() and (kept[1520:] == 1).all()
    assert np.abs(np.diff(kept)).max() < 0.1 and (kept >= 0).all()
    assert (segments.masked(np.zeros(6, bool)) == 0).all()


def test_frames_are_shared_out_by_the_time_they_lie_in_each_segment():
    shares = overlaps(np.array([[0.0, 0.96], [0.48, 1.44], [5.0, 6.0]]), np.array([[0.0, 0.5], [0.5, 1.0]]))
    np.testing.assert_allclose(shares[:, 0], [0.5 / 0.96, 0.46 / 0.96])
    np.testing.assert_allclose(shares[:, 1], [0.02 / 0.52, 0.5 / 0.52])
    assert (shares[:, 2] == 0).all()

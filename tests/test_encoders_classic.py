"""Classic encoders: word counts, colour and gradient histograms, cepstra, checked against what they count."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.fft import dct
from skimage.feature import hog

from mmalign_core.encoders import ENCODERS
from mmalign_core.encoders.classic.bag_of_words import words
from mmalign_core.encoders.classic.colour_gradient import COLOURS, cell_histograms
from mmalign_core.encoders.classic.mfcc import COEFFICIENTS, cepstra
from mmalign_core.encoders.embedded.log_mel import RATE, log_mel_patches
from mmalign_core.types import Media

BAG, COLOUR, MFCC = (ENCODERS.create(name) for name in ("bag-of-words", "colour-gradient", "mfcc"))


def counted(text: str) -> np.ndarray:
    return BAG.encode([BAG.prepare(Media("t", "text", "t", text=text))]).vectors[0]


def drawn(pixels: np.ndarray, folder: Path, name: str = "a") -> np.ndarray:
    """What `prepare` sees in a picture of these pixels."""
    path = folder / f"{name}.png"
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return COLOUR.prepare(Media("i", "image", "i", path=str(path)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A Dog, a DOG!", ["a", "dog", "a", "dog"]),
        ("Straße 12", ["strasse", "12"]),
        ("猫が好き cat", ["猫", "が", "好", "き", "cat"]),
        ("ﬁne café", ["fine", "café"]),
        ("고양이 кошка", ["고양이", "кошка"]),
        ("🐈 🐕", ["🐈", "🐕"]),
    ],
)
def test_words_of_any_script(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_counts_are_damped_and_pairs_of_words_keep_their_order() -> None:
    values, seen = np.unique(counted("dog dog dog"), return_counts=True)
    np.testing.assert_allclose(values, [0, 1 + np.log(2), 1 + np.log(3)], rtol=1e-6)
    assert seen.tolist() == [2046, 1, 1]
    bites, bitten = counted("man bites dog"), counted("dog bites man")
    assert 3 <= (bites * bitten > 0).sum() < 5


def test_the_steps_of_a_text_sum_to_its_counts() -> None:
    prepared = words("the cat and the dog and the cat")
    steps = BAG.sequences([prepared])[0]
    assert steps.shape == (8, 2048)
    vector = BAG.encode([prepared]).vectors[0]
    total = steps.sum(0)
    np.testing.assert_allclose(vector[total > 0], 1 + np.log(total[total > 0]), rtol=1e-6)
    assert not vector[total == 0].any()


@given(st.text(min_size=1, max_size=40).filter(lambda text: text.strip()))
def test_any_text_counts_for_something(text: str) -> None:
    vector = BAG.encode([words(text)]).vectors[0]
    assert vector.any() and np.isfinite(vector).all() and (vector >= 0).all()


def test_colours_are_shares_and_do_not_care_where(tmp_path: Path) -> None:
    halves = np.zeros((128, 128, 3))
    halves[:, :64, 0] = halves[:, 64:, 2] = 255
    here, there = (drawn(p, tmp_path, n).sum(0)[:COLOURS] for p, n in ((halves, "a"), (halves[:, ::-1], "b")))
    np.testing.assert_allclose(np.sort(here)[-2:], [0.5, 0.5])
    np.testing.assert_allclose(here, there)


def test_gradients_are_those_of_scikit_image_and_each_cell_has_its_own() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    cells = cell_histograms(pixels)
    reference = hog(pixels, 9, (32, 32), (2, 2), block_norm="L2-Hys", channel_axis=-1)
    np.testing.assert_allclose(cells.sum(0)[COLOURS:], reference / reference.sum(), atol=1e-6)
    np.testing.assert_allclose(cells.sum(0)[:COLOURS].sum(), 1, rtol=1e-5)
    owners = (cells[:, COLOURS:] > 0).sum(0)
    assert owners.max() == 1


def test_a_picture_of_one_colour_has_no_gradients(tmp_path: Path) -> None:
    vector = drawn(np.full((20, 30, 3), 200), tmp_path).sum(0)
    assert not vector[COLOURS:].any() and vector[:COLOURS].max() == pytest.approx(1)


def test_cepstra_are_the_cosine_transform_of_the_log_mel_spectrum() -> None:
    waveform = np.random.default_rng(0).standard_normal(RATE).astype(np.float32) / 8
    patch = log_mel_patches(waveform)[0]
    np.testing.assert_allclose(cepstra(waveform)[:96], dct(patch, norm="ortho", axis=1)[:, :COEFFICIENTS], atol=1e-4)


def test_loudness_moves_only_the_first_coefficient() -> None:
    noise = np.random.default_rng(1).standard_normal(2 * RATE).astype(np.float32) / 4
    loud, quiet = (MFCC.encode([cepstra(level * noise)]).vectors[0] for level in (1.0, 0.5))
    moved = np.abs(loud - quiet)[:COEFFICIENTS]
    assert moved[0] == pytest.approx(8 * np.log(2), rel=0.01) and moved[1:].max() < 0.05


def test_a_steady_sound_does_not_deviate_and_windows_summarise_as_the_whole_does() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(3 * RATE) / RATE).astype(np.float32)
    frames = cepstra(tone)
    vector, windows = MFCC.encode([frames]).vectors[0], MFCC.sequences([frames])[0]
    assert vector[COEFFICIENTS:].max() < 0.1 * np.abs(vector[:COEFFICIENTS]).max()
    np.testing.assert_allclose(windows.mean(0), vector, atol=0.1)

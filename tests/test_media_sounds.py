"""Decoding sounds: formats agree, resampling keeps what it can and removes what it must, bad bytes give BadInput."""

import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mmalign_core.data import decode_audio, peaks, read_audio
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import RATE, aac, sound, tone

RATES = (8000, 11025, 16000, 22050, 32000, 44100, 48000)


def resample(samples: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """What decoding makes of samples that a file keeps as they are."""
    return decode_audio(sound(samples, rate=rate, subtype="FLOAT"), new_rate)


def level_at(samples: np.ndarray, hertz: float, rate: int) -> float:
    """Amplitude of the sine of that frequency in the middle of the samples."""
    middle = samples[len(samples) // 4 : -(len(samples) // 4)]
    window = np.hanning(len(middle))
    turn = np.exp(-2j * np.pi * hertz * np.arange(len(middle)) / rate)
    return float(2 * abs((middle * window * turn).sum()) / window.sum())


@pytest.mark.parametrize(
    ("format", "subtype"),
    [
        *(
            ("WAV", "PCM_U8"),
            ("WAV", "PCM_16"),
            ("WAV", "FLOAT"),
            ("WAV", "ULAW"),
            ("FLAC", "PCM_24"),
            ("OGG", "VORBIS"),
        ),
        *(("MP3", "MPEG_LAYER_III"), ("AIFF", "PCM_16"), ("CAF", "PCM_16"), ("W64", "PCM_16"), ("RF64", "PCM_16")),
    ],
)
def test_formats_agree(format: str, subtype: str) -> None:
    samples, rate = read_audio(sound(tone(), format=format, subtype=subtype))
    assert rate == RATE and samples.dtype == np.float32 and samples.ndim == 1
    assert abs(len(samples) - len(tone())) <= 1200
    assert level_at(samples, 440, rate) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("extension", [".m4a", ".aac", ".mp4"])
def test_aac_through_ffmpeg(tmp_path: Path, extension: str) -> None:
    path = aac(tmp_path / f"音🎵{extension}", tone(1.0, rate=44100), 44100)
    samples, rate = read_audio(path)
    assert rate == 44100 and len(samples) == pytest.approx(44100, abs=3 * 1024)
    assert level_at(samples, 440, rate) == pytest.approx(0.5, abs=0.03)
    assert len(decode_audio(path.read_bytes(), 16000)) == pytest.approx(16000, abs=1200)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_channels_are_averaged(channels: int) -> None:
    parts = np.stack([tone(level=0.1 * (c + 1)) for c in range(channels)], axis=1)
    samples, _ = read_audio(sound(parts, subtype="FLOAT"))
    assert np.allclose(samples, parts.mean(axis=1), atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(RATES), st.sampled_from(RATES), st.floats(0.02, 0.88))
def test_a_sine_stays_that_sine(rate: int, new_rate: int, fraction: float) -> None:
    hertz = fraction * min(rate, new_rate) / 2
    new = resample(tone(0.5, hertz, rate), rate, new_rate)
    assert abs(len(new) - round(0.5 * rate) * new_rate / rate) <= 1
    expected = tone(0.5, hertz, new_rate)
    middle = slice(len(new) // 4, -len(new) // 4)
    shared = min(len(new), len(expected))
    assert np.abs(new[:shared] - expected[:shared])[middle].max() < 5e-3


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(RATES), st.sampled_from(RATES), st.floats(1.0, 2.0))
def test_nothing_above_the_new_nyquist_comes_back(rate: int, new_rate: int, factor: float) -> None:
    hertz = factor * new_rate / 2
    if hertz >= rate / 2:
        return
    new = resample(tone(0.5, hertz, rate), rate, new_rate)
    assert np.abs(new[len(new) // 4 : -len(new) // 4]).max() < 0.5 * 10 ** (-75 / 20)


def test_upsampling_makes_no_images() -> None:
    new = resample(tone(0.5, 3000, 8000), 8000, 16000)
    assert level_at(new, 3000, 16000) == pytest.approx(0.5, abs=1e-3) and level_at(new, 5000, 16000) < 1e-4


@pytest.mark.parametrize(("rate", "count"), [(100, 500), (100, 5_000), (8_001, 4_000), (999_983, 1_000_000)])
def test_any_rate_is_resampled(rate: int, count: int) -> None:
    level = resample(np.full(count, 0.5, np.float32), rate, 16_000)
    assert level.dtype == np.float32 and abs(len(level) - count * 16_000 / rate) <= 1
    assert level[len(level) // 2] == pytest.approx(0.5, abs=0.02)


def test_less_than_one_sample_is_no_sound() -> None:
    assert len(resample(tone()[:1], 16_000, 16_000)) == 1
    with pytest.raises(BadInput, match="shorter than one sample at 16000 Hz"):
        resample(tone()[:1], 44_100, 16_000)


def test_strange_samples_are_tamed() -> None:
    strange = tone(level=3.0)
    strange[5], strange[6], strange[7] = np.nan, np.inf, -np.inf
    samples, _ = read_audio(sound(strange, subtype="FLOAT"))
    assert samples[5] == 0 and samples[6] == 1 and samples[7] == -1 and np.abs(samples).max() == 1


def test_sounds_over_the_limit_are_refused_undecoded(tmp_path: Path) -> None:
    path = tmp_path / "hour.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(bytes(8000 * 3600))
    for source in (path, path.read_bytes()):
        with pytest.raises(BadInput, match=r"longer than 600 seconds.*MMALIGN_MAX_AUDIO_SECONDS"):
            read_audio(source)
    assert len(read_audio(path, Settings(max_audio_seconds=3600))[0]) == 8000 * 3600
    with pytest.raises(BadInput, match="longer than 1 seconds"):
        read_audio(aac(tmp_path / "long.m4a", tone(2.0), RATE), Settings(max_audio_seconds=1))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"this is text and no sound", "not a sound"),
        (sound(np.zeros((0,), np.float32)), "holds no sound"),
        (sound(np.full(100, np.nan, np.float32), subtype="FLOAT"), "only NaN"),
        (b"#EXTM3U\n/etc/hostname\n", "not a sound"),
        (b"ffconcat version 1.0\nfile '/etc/hostname'\n", "not a sound"),
        (sound(tone(), rate=50), "sample rate of 50"),
    ],
)
def test_bad_sounds_say_why(content: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        decode_audio(content, 16000)


def test_a_truncated_sound_keeps_what_is_there_or_says_so() -> None:
    samples, _ = read_audio(sound(tone())[:10_000])
    assert 0 < len(samples) < len(tone())


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=200), st.sampled_from(["WAV", "FLAC", "OGG", "MP3", "AIFF"]), st.integers(0, 300))
@example(b"\x00", "WAV", 20)
def test_any_bytes_give_a_sound_or_bad_input(patch: bytes, format: str, start: int) -> None:
    whole = sound(tone(0.1), format=format)
    for content in (patch, whole[:start] + patch + whole[start + len(patch) :]):
        try:
            assert np.isfinite(decode_audio(content, 16000, Settings(max_audio_seconds=20))).all()
        except BadInput as error:
            assert "\n" not in str(error)


@given(st.integers(0, 50), st.integers(0, 30))
def test_peaks_hold_every_sample(count: int, buckets: int) -> None:
    samples = np.random.default_rng(count).normal(size=count).astype(np.float32)
    found = peaks(samples, buckets)
    assert found.shape == (buckets, 2) and (found[:, 0] <= found[:, 1]).all()
    if count and buckets:
        assert found[:, 0].min() == samples.min() and found[:, 1].max() == samples.max()

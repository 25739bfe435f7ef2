"""Sounds as recorders and pipes leave them: chained, joined, without a length; read to their end."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mmalign_core.data import read_audio
from mmalign_core.data.media.sound_streams import ogg_links, with_length
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import tone

RATE = 16_000


def sound(seconds: float, format: str, subtype: str | None = None, rate: int = RATE) -> bytes:
    body = io.BytesIO()
    soundfile.write(body, tone(seconds, 440, rate), rate, format=format, subtype=subtype)
    return body.getvalue()


def in_ogg(codec: str, seconds: float) -> bytes:
    import av

    body, samples = io.BytesIO(), (tone(seconds, 440, RATE) * 32767).astype(np.int16)
    with av.open(body, "w", format="ogg") as out:
        stream = out.add_stream(codec, rate=RATE)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return body.getvalue()


def seconds(content: bytes) -> float:
    samples, rate = read_audio(content)
    return len(samples) / rate


@pytest.mark.parametrize("codec", ["vorbis", "opus", "flac"])
def test_all_links_of_a_chained_ogg_are_heard(codec: str) -> None:
    make = (lambda s: in_ogg("flac", s)) if codec == "flac" else (lambda s: sound(s, "OGG", codec.upper()))
    chained = make(3) + make(2) + make(0.5)
    assert len(ogg_links(chained)) == 3 and len(ogg_links(make(3))) == 1
    assert seconds(chained) == pytest.approx(5.5, abs=0.05)


def test_links_of_other_rates_are_resampled_and_damaged_ones_left_out() -> None:
    parts = [sound(2, "OGG", "VORBIS"), sound(1, "OGG", "VORBIS", rate=8000)]
    assert seconds(b"".join(parts)) == pytest.approx(3, abs=0.05)
    broken = parts[0] + parts[1][:28] + bytes(200)
    assert seconds(broken) == pytest.approx(2, abs=0.05)
    with pytest.raises(BadInput, match="longer than 2 seconds"):
        read_audio(b"".join(parts), Settings(max_audio_seconds=2))


@pytest.mark.parametrize("format", ["MP3", "FLAC"])
def test_joined_files_are_read_to_the_end(format: str) -> None:
    one, two = sound(3, format), sound(2, format)
    assert seconds(one + two) == pytest.approx(5, abs=0.2)


def test_an_mp3_is_as_long_as_it_was(tmp_path: Path) -> None:
    """The silence that its encoder adds at both ends is taken off again, with tags or without."""
    tag = b"ID3\x04\0\0\0\0\0\x7f" + bytes(127)
    for rate in (8000, 16_000, 22_050, 44_100, 48_000):
        plain = sound(1, "MP3", rate=rate)
        for content in (plain, tag + plain, plain + b"TAG" + bytes(125)):
            assert seconds(content) == pytest.approx(1, abs=0.1)
        assert 0.2 < seconds(plain[: len(plain) // 2]) < 0.6


@pytest.mark.parametrize("stated", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 4000])
def test_a_wav_without_its_length_has_the_length_it_has(stated: int) -> None:
    content = bytearray(sound(1, "WAV", "PCM_16"))
    content[4:8] = struct.pack("<I", min(stated + 36, 0xFFFFFFFF) if stated else 0)
    at = content.index(b"data")
    content[at + 4 : at + 8] = struct.pack("<I", stated)
    assert seconds(bytes(content)) == pytest.approx(1, abs=0.001)


def test_what_follows_the_samples_of_a_wav_is_no_sound() -> None:
    whole = sound(1, "WAV", "PCM_16")
    assert with_length(whole) is None
    notes = b"LIST" + struct.pack("<I", 4000) + bytes(4000)
    assert with_length(whole + notes) is None and seconds(whole + notes) == pytest.approx(1)


@pytest.mark.parametrize("format", ["RF64", "AIFF", "AU", "W64", "CAF"])
def test_other_containers_without_their_length(format: str) -> None:
    content = bytearray(sound(1, format, "PCM_16"))
    at = max(content.find(b"data"), content.find(b"SSND"))
    if format == "RF64":
        content[content.index(b"ds64") + 8 : content.index(b"ds64") + 32] = bytes(24)
    if format == "AIFF":
        content[4:8], content[at + 4 : at + 8] = bytes(4), bytes(4)
    if format == "AU":
        content[8:12] = bytes(4)
    if format == "W64":
        content[16:24], content[at + 16 : at + 24] = bytes(8), bytes(8)
    if format == "CAF":
        content[at + 4 : at + 12] = b"\xff" * 8
    assert seconds(bytes(content)) == pytest.approx(1, abs=0.001)


def test_a_damaged_mp3_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """libmpg123 prints warnings of its own, so that FFmpeg reads them; damaged packets are left out."""
    content, rng = bytearray(sound(2, "MP3")), np.random.default_rng(0)
    for place in rng.integers(400, len(content), 40):
        content[place] = int(rng.integers(256))
    for number, damaged in enumerate((bytes(content), bytes(content[:3000]), sound(1, "MP3") + sound(1, "MP3"))):
        path = tmp_path / f"{number}.mp3"
        path.write_bytes(damaged)
        try:
            read_audio(path)
        except BadInput:
            continue
    assert capfd.readouterr().err == ""

"""Videos as telephones and browsers make them: mirrored, turned, transparent, or a sound under a video's ending."""

from pathlib import Path

import av
import numpy as np
import pytest

from mmalign_core.data import decode_video, inspect_collection, read_collection
from mmalign_core.data.media.containers import holds_sound_alone
from tests.sample_files import film, tone, wav, write

MATRICES = {
    "mirrored": ((-1, 0, 0, 1), "TR"),
    "upside down": ((1, 0, 0, -1), "BL"),
    "turned half": ((-1, 0, 0, -1), "BR"),
    "transposed": ((0, 1, 1, 0), "TL"),
    "turned left": ((0, -1, 1, 0), "BL"),
    "turned right": ((0, 1, -1, 0), "TR"),
    "transversed": ((0, -1, -1, 0), "BR"),
}


def corner_white() -> np.ndarray:
    pixels = np.full((64, 96, 3), 40, np.uint8)
    pixels[:24, :24] = 255
    return pixels


@pytest.mark.parametrize("name", MATRICES)
def test_the_display_matrix_turns_and_mirrors(name: str, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", [corner_white()] * 5)
    content, at = bytearray(path.read_bytes()), 0
    matrix, corner = MATRICES[name]
    a, b, c, d = (value << 16 for value in matrix)
    numbers = (a, b, 0, c, d, 0, 0, 0, 1 << 30)
    at = content.index(b"tkhd") + 4 + 40  # version 0 of the box: the matrix comes after 40 bytes
    content[at : at + 36] = b"".join(int(value).to_bytes(4, "big", signed=True) for value in numbers)
    path.write_bytes(content)
    seen = decode_video(path)
    assert (seen.width, seen.height) == ((64, 96) if matrix[0] == 0 else (96, 64))
    frame = seen.pixels[0]
    corners = {"TL": frame[5, 5], "TR": frame[5, -6], "BL": frame[-6, 5], "BR": frame[-6, -6]}
    assert max(corners, key=lambda key: int(corners[key].sum())) == corner


@pytest.mark.parametrize("codec", ["libvpx-vp9", "libvpx"])
def test_transparency_in_webm_is_laid_on_white(codec: str, tmp_path: Path) -> None:
    pixels = np.zeros((64, 96, 4), np.uint8)
    pixels[..., 2] = 200
    pixels[:, :48, 3] = 255
    with av.open(str(tmp_path / "a.webm"), "w") as out:
        stream = out.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuva420p"
        stream.options = {"auto-alt-ref": "0"}
        stream.metadata["alpha_mode"] = "1"
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba").reformat(format="yuva420p")
            frame.pts = number
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    frame = decode_video(tmp_path / "a.webm").pixels[0].astype(int)
    assert np.abs(frame[:, -20:] - 255).max() < 12 and np.abs(frame[:, :20].mean((0, 1)) - [0, 0, 200]).max() < 12


def opus(path: Path, seconds: float) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libopus", rate=48_000)
        stream.layout = "mono"
        samples = tone(seconds, 440, 48_000).astype(np.float32)
        for start in range(0, len(samples), 960):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + 960], format="flt", layout="mono")
            frame.sample_rate, frame.pts = 48_000, start
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return path


@pytest.mark.parametrize("ending", ["webm", "mkv", "mp4"])
def test_a_sound_under_a_videos_ending_is_a_sound(ending: str, tmp_path: Path) -> None:
    opus(tmp_path / f"note.{ending}", 2.0)
    write(tmp_path, {"note.txt": "a note"})
    seen = inspect_collection(read_collection(tmp_path))
    assert seen.pairs == {"audio:text": 1} and not seen.skipped
    assert seen.by_modality["audio"]["seconds"]["median"] == pytest.approx(2, abs=0.1)


def test_sounds_on_a_shelf_pair_by_their_stem(tmp_path: Path) -> None:
    write(tmp_path, {"texts/a.txt": "a note", "texts/b.txt": "another", "audio/b.wav": wav()})
    opus(tmp_path / "audio" / "a.webm", 1.0)
    assert inspect_collection(read_collection(tmp_path)).pairs == {"audio:text": 2}


def test_a_film_is_no_sound(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv", "a.mov"):
        assert not holds_sound_alone(film(tmp_path / name, [corner_white()] * 5))
    (tmp_path / "x.mp4").write_bytes(b"no film")
    assert not holds_sound_alone(tmp_path / "x.mp4")

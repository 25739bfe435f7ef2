"""Playable videos: the file itself, or the same packets in a container that browsers play."""

from pathlib import Path

import numpy as np
import pytest

from mmalign_core.data import decode_video
from mmalign_core.data.media.frame_choice import representative
from mmalign_core.data.media.playback import playable
from mmalign_core.types import BadInput
from mmalign_core.workflow.export.films import clock, read_film
from tests.sample_files import colours, film, tone

RED, GREEN, BLUE = (200, 20, 20), (20, 200, 20), (20, 20, 200)
SOUND = [tone(2.0, 440, 16_000)]


@pytest.mark.parametrize(
    ("name", "codec", "mime", "moved"),
    [
        ("a.mp4", "libx264", "video/mp4", False),
        ("a.webm", "libvpx-vp9", "video/webm", False),
        ("a.mkv", "libx264", "video/mp4", True),
        ("a.mov", "libx264", "video/mp4", True),
        ("a.mkv", "libvpx-vp9", "video/webm", True),
    ],
)
def test_the_same_frames_and_sound_in_a_container_that_browsers_know(
    tmp_path: Path, name: str, codec: str, mime: str, moved: bool
) -> None:
    path = film(tmp_path / name, colours(RED, BLUE), codec=codec, sounds=[] if name == "a.mov" else SOUND)
    found = playable(path)
    assert found is not None and (found.mime, found.whole, found.heard) == (mime, True, True)
    assert isinstance(found.source, bytes) == moved
    if isinstance(found.source, bytes):
        copy = tmp_path / f"copy.{mime[6:]}"
        copy.write_bytes(found.source)
        before, after = decode_video(path, rate=16_000), decode_video(copy, rate=16_000)
        assert np.array_equal(before.pixels, after.pixels) and abs(len(before.sound) - len(after.sound)) < 800


def test_a_file_with_a_wrong_name_and_an_upright_one(tmp_path: Path) -> None:
    content = film(tmp_path / "a.mp4", colours(RED), codec="libx264", sounds=SOUND).read_bytes()
    (tmp_path / "b.webm").write_bytes(content)
    found = playable(tmp_path / "b.webm")
    assert found is not None and found.mime == "video/mp4" and isinstance(found.source, bytes)
    turned = playable(film(tmp_path / "c.mov", colours(RED), codec="libx264", rotation=90))
    assert turned is not None and isinstance(turned.source, bytes)
    (tmp_path / "d.mp4").write_bytes(turned.source)
    assert (decode_video(tmp_path / "d.mp4").width, decode_video(tmp_path / "d.mp4").height) == (48, 64)


def test_of_a_large_file_the_beginning_plays(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(40)]
    path = film(tmp_path / "a.mp4", frames, codec="libx264")
    found = playable(path, largest=path.stat().st_size // 2)
    assert found is not None and isinstance(found.source, bytes) and not found.whole
    (tmp_path / "b.mp4").write_bytes(found.source)
    assert 1.5 < decode_video(tmp_path / "b.mp4").seconds < 2.5


def test_what_no_browser_plays(tmp_path: Path) -> None:
    assert playable(film(tmp_path / "a.avi", colours(RED), codec="mpeg4")) is None
    (tmp_path / "b.mp4").write_bytes(b"no video")
    assert playable(tmp_path / "b.mp4") is None
    with pytest.raises(BadInput, match="no longer there"):
        playable(tmp_path / "gone.mp4")


def test_the_frame_that_stands_for_all_is_of_the_longest_scene(tmp_path: Path) -> None:
    shades = colours((0, 0, 0), each=4) + colours(GREEN, each=40) + colours(BLUE, each=10)
    found = read_film(str(film(tmp_path / "a.mp4", shades)))
    assert 0.4 <= found.times[found.chosen] < 4.4 and found.cover == found.frames[found.chosen]
    pixels = np.stack([np.full((8, 8, 3), shade, np.uint8) for shade in (0, 100, 250)])
    assert [representative(pixels, np.array(seconds)) for seconds in ((1, 1, 1), (9, 1, 1), (1, 1, 9))] == [1, 0, 2]
    assert [clock(s, 4000) for s in (0.4, 7.2, 65, 3723)] == ["0:00", "0:07", "1:05", "1:02:03"]
    assert clock(7.24, 8) == "7.2 s"

"""Decoding videos: containers agree, frames fall where time passes and scenes change, bad files are one clear line."""

import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.data import collect_uploads, decode_video, inspect_collection, read_collection
from mmalign_core.data.media.frame_choice import candidates, chosen, frames_to_keep
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import aac, colours, film, png, tone, wav, write

RED, GREEN, BLUE, GREY = (200, 20, 20), (20, 200, 20), (20, 20, 200), (120, 120, 120)
TONE = tone(3.0, 440, 16_000)


def shades(pixels: np.ndarray) -> list[tuple[int, ...]]:
    """The strongest of three channels of each frame, as the colour it was made of."""
    return [(RED, GREEN, BLUE)[int(frame.mean(axis=(0, 1)).argmax())] for frame in pixels]


@pytest.mark.parametrize(
    ("name", "codec", "heard"),
    [
        ("a.mp4", "libx264", True),
        ("a.mp4", "mpeg4", True),
        ("a.webm", "libvpx-vp9", True),
        ("a.mkv", "libx264", True),
        ("a.mov", "mpeg4", False),
        ("a.avi", "mpeg4", False),
        ("a.ts", "libx264", True),
        ("a.gif", "gif", False),
    ],
)
def test_containers_agree(tmp_path: Path, name: str, codec: str, heard: bool) -> None:
    path = film(tmp_path / name, colours(RED, GREEN, BLUE), codec=codec, sounds=[TONE] if heard else [])
    seen = decode_video(path, rate=16_000)
    assert seen.pixels.shape == (8, 48, 64, 3) and (seen.width, seen.height) == (64, 48)
    assert seen.seconds == pytest.approx(3.0, abs=0.05)
    assert shades(seen.pixels) == [(RED, GREEN, BLUE)[int(time + 1e-3)] for time in seen.times]
    assert set(shades(seen.pixels)) == {RED, GREEN, BLUE}
    assert len(seen.sound) == pytest.approx(48_000 if heard else 0, abs=1000)
    if heard:
        spectrum = np.abs(np.fft.rfft(seen.sound[8000:24_000]))
        assert spectrum.argmax() == pytest.approx(440, abs=1)
    assert np.array_equal(decode_video(path).pixels, seen.pixels)


def test_frames_of_a_still_video_are_spread_over_time(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", colours(GREY, each=200))
    times = decode_video(path, most=10, per_second=1).times
    np.testing.assert_allclose(times, np.arange(10) * 2 + 1, atol=0.6)


def test_a_scene_too_short_for_the_usual_step_is_seen(tmp_path: Path) -> None:
    frames = colours(RED, each=96) + colours(GREEN, each=8) + colours(BLUE, each=96)
    seen = decode_video(film(tmp_path / "a.mp4", frames), most=8)
    assert len(seen.times) == 8 and GREEN in shades(seen.pixels)


def test_variable_frame_rate(tmp_path: Path) -> None:
    """Nine frames in a second, the tenth lasts three."""
    frames, ticks = colours(RED, each=9) + colours(BLUE, each=2), [*range(9), 10, 40]
    seen = decode_video(film(tmp_path / "a.mkv", frames, ticks=ticks, codec="libx264"), most=11, per_second=11)
    np.testing.assert_allclose(seen.times, np.array(ticks) / 10, atol=0.002)
    assert seen.seconds > 4


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_rotation_in_the_metadata_is_applied(tmp_path: Path, rotation: int) -> None:
    """Turned by so many degrees, against the clock, as FFmpeg's display matrix says."""
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:12, :16] = 255
    seen = decode_video(film(tmp_path / "a.mp4", [pixels] * 10, rotation=rotation)).pixels[0]
    expected = np.rot90(pixels, rotation // 90)
    assert seen.shape == expected.shape and np.abs(seen.astype(int) - expected).mean() < 8


def test_frames_of_8k_are_scaled_while_they_are_decoded(tmp_path: Path) -> None:
    frames = colours(RED, BLUE, each=2, size=(7680, 4320))
    seen = decode_video(film(tmp_path / "a.mp4", frames, codec="mpeg4"))
    assert seen.pixels.shape == (4, 320, 569, 3) and (seen.width, seen.height) == (7680, 4320)
    assert shades(seen.pixels) == [RED, RED, BLUE, BLUE]
    with pytest.raises(BadInput, match="MMALIGN_MAX_IMAGE_PIXELS"):
        decode_video(tmp_path / "a.mp4", Settings(max_image_pixels=10**6))


def test_a_long_video_is_read_at_its_key_frames(tmp_path: Path) -> None:
    """An hour at a frame a second with a key frame a minute: 32 frames, each at a whole minute, in its true colour."""
    shade = [(RED, GREEN, BLUE)[i // 1200] for i in range(3600)]
    frames = [np.full((16, 16, 3), colour, np.uint8) for colour in shade]
    seen = decode_video(film(tmp_path / "a.mkv", frames, fps=1, gop=60))
    assert len(seen.times) == 32 and seen.seconds == pytest.approx(3600)
    assert all(found == shade[round(time)] for found, time in zip(shades(seen.pixels), seen.times))
    assert np.diff(seen.times).max() < 300 and seen.times[0] < 150 and seen.times[-1] > 3400
    with pytest.raises(BadInput, match=r"longer than 600 seconds.*MMALIGN_MAX_VIDEO_SECONDS"):
        decode_video(tmp_path / "a.mkv", Settings(max_video_seconds=600))


def test_of_ten_sound_tracks_the_first_is_heard(tmp_path: Path) -> None:
    tracks = [tone(2.0, 300 + 100 * i, 16_000) for i in range(10)]
    sound = decode_video(film(tmp_path / "a.mkv", colours(RED, GREEN), sounds=tracks), rate=16_000).sound
    assert np.abs(np.fft.rfft(sound[8000:24_000])).argmax() == pytest.approx(300, abs=1)


def test_sound_is_read_up_to_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmalign_core.data.media.videos.SOUND_SECONDS", 1.0)
    path = film(tmp_path / "a.mp4", colours(RED, GREEN, BLUE), sounds=[TONE])
    assert len(decode_video(path, rate=16_000).sound) == 16_000


def test_what_is_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(40)]
    whole = film(tmp_path / "a.mkv", noise).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    seen = decode_video(tmp_path / "cut.mkv")
    assert 1 <= len(seen.times) <= 8 and seen.times[-1] < 3


def test_damage_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(40)]
    content = bytearray(film(tmp_path / "a.mp4", noise, codec="libx264").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    (tmp_path / "hurt.mp4").write_bytes(content)
    seen = decode_video(tmp_path / "hurt.mp4")
    assert len(seen.times) >= 2 and (np.diff(seen.times) > 0).all()


@pytest.mark.parametrize("content", [b"", b"not a video at all", b"\0\0\0\x18ftypmp42" + bytes(400), png(), wav()])
def test_what_is_no_video_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"^'a\.mp4'.*;") as caught:
        decode_video(path)
    assert "\n" not in str(caught.value)


def test_zero_frames_and_sound_alone(tmp_path: Path) -> None:
    empty = film(tmp_path / "a.mkv", colours(RED, each=1), ticks=(), sounds=[TONE])
    with pytest.raises(BadInput, match=r"'a\.mkv' holds no frames; replace"):
        decode_video(empty)
    with pytest.raises(BadInput, match="no moving picture"):
        decode_video(aac(tmp_path / "b.mp4", TONE, 16_000))


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 2000), st.integers(0, 6000))
def test_any_damage_gives_a_video_or_bad_input(tmp_path_factory, junk: bytes, place: int, cut: int) -> None:
    folder = tmp_path_factory.mktemp("damage")
    content = bytearray(
        film(folder / "a.mp4", colours(RED, BLUE, each=4), sounds=[tone(0.5, 440, 16_000)]).read_bytes()
    )
    content[place : place + len(junk)] = junk
    (folder / "b.mp4").write_bytes(content[: max(len(content) - cut, 1)])
    try:
        seen = decode_video(folder / "b.mp4", rate=16_000)
    except BadInput as error:
        assert "\n" not in str(error)
    else:
        assert len(seen.pixels) == len(seen.times) >= 1 and np.isfinite(seen.sound).all()
        assert np.isfinite(seen.times).all() and np.isfinite(seen.seconds)


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=300, unique=True), st.integers(1, 50), st.integers(1, 40))
def test_sampling_takes_as_many_as_wanted_in_order(starts: list[float], most: int, every: int) -> None:
    times = np.sort(starts)
    end = float(times[-1]) + 1
    keys = np.arange(len(times)) % every == 0
    wanted = frames_to_keep(len(times), end, most, 1.0)
    looked = candidates(times, keys, end, wanted)
    assert (np.diff(looked) > 0).all() and np.isin(looked, times).all() and len(looked) >= 1
    pixels = np.random.default_rng(0).integers(0, 256, (len(looked), 8, 8, 3), dtype=np.uint8)
    places = chosen(pixels, looked, wanted)
    assert len(places) == min(wanted, len(looked)) and (np.diff(places) > 0).all()


def test_a_folder_a_manifest_archives_and_uploads_take_videos(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", {"a.txt": "red, then blue", "b.txt": "green"})
    film(folder / "a.mp4", colours(RED, BLUE))
    film(folder / "b.webm", colours(GREEN), codec="libvpx-vp9")
    found = read_collection(folder)
    assert [(m.item, m.modality) for m in found.media_of("video")] == [("a", "video"), ("b", "video")]
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive, tarfile.open(tmp_path / "data.tar", "w") as tar:
        for file in folder.iterdir():
            archive.write(file, file.name)
            tar.add(file, file.name)
    uploads = [(file.name, file.read_bytes()) for file in folder.iterdir()]
    limits = Settings(root=tmp_path / "home")
    manifest = write(folder, {"manifest.csv": "id,video,text\n1,a.mp4,one\n2,b.webm,two\n3,a.txt,three\n"})
    listed = read_collection(manifest / "manifest.csv")
    assert [m.digest for m in listed.media_of("video")] == [m.digest for m in found.media_of("video")]
    assert "holds text, not video" in listed.skipped[0].reason
    for other in (
        read_collection(tmp_path / "data.zip", settings=limits),
        read_collection(tmp_path / "data.tar", settings=limits),
        collect_uploads(uploads, settings=limits),
    ):
        assert {m.digest for m in other.media_of("video")} == {m.digest for m in found.media_of("video")}
    facts = inspect_collection(found).by_modality["video"]
    assert facts["usable"] == 2 and facts["seconds"]["max"] == pytest.approx(2.0, abs=0.05)


def test_a_gif_is_a_picture_unless_it_is_given_as_a_video(tmp_path: Path) -> None:
    moving = film(tmp_path / "x.gif", colours(RED, BLUE), codec="gif").read_bytes()
    plain = read_collection(write(tmp_path / "plain", {"a.gif": moving, "a.txt": "a"}))
    shelved = read_collection(write(tmp_path / "shelved", {"videos/a.gif": moving, "texts/a.txt": "a"}))
    listed = read_collection(write(tmp_path / "listed", {"manifest.csv": "id,video\na,a.gif\n", "a.gif": moving}))
    assert plain.modalities == ("text", "image")
    assert shelved.modalities == ("text", "video") and shelved.ids == ("a",)
    assert listed.modalities == ("video",)


def test_every_kind_of_error_of_the_decoder_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyAV's PatchWelcomeError (a stream of a kind that FFmpeg does not know) is none of Python's own errors."""
    import av

    path = tmp_path / "film.webm"
    path.write_bytes(b"\x1a\x45\xdf\xa3")

    def refuse(*_: object) -> None:
        raise av.error.PatchWelcomeError(0, "not yet implemented")

    monkeypatch.setattr("mmalign_core.data.media.videos.scanned", refuse)
    with pytest.raises(BadInput, match=r"film\.webm' is not a video that can be decoded"):
        decode_video(path)

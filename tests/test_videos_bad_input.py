"""Videos that are odd, damaged or empty, by command line: the odd are encoded, the others named, nothing is lost."""

import json
from pathlib import Path

import pytest

from mmalign_core.__main__ import main
from tests.sample_files import aac, colours, film, tone
from tests.tiny_clip import saved

RED, GREEN, BLUE = (200, 20, 20), (20, 200, 20), (20, 20, 200)


@pytest.fixture(scope="module")
def videos(tmp_path_factory) -> Path:
    """A table of ten: four odd ones, a plain one, and five that hold no picture to see."""
    folder = tmp_path_factory.mktemp("videos")
    film(folder / "plain.mp4", colours(RED, BLUE), sounds=[tone(2.0, 440, 16_000)])
    uneven = colours(RED, each=9) + colours(BLUE, each=2)
    film(folder / "uneven.mkv", uneven, ticks=[*range(9), 10, 40], codec="libx264")
    film(folder / "tracks.mkv", colours(RED, GREEN), sounds=[tone(2.0, 300 + 100 * i, 16_000) for i in range(10)])
    film(folder / "large.mp4", colours(GREEN, each=2, size=(7680, 4320)))
    film(folder / "silent.webm", colours(BLUE), codec="libvpx-vp9")
    film(folder / "none.mkv", colours(RED, each=1), ticks=(), sounds=[tone(1.0, 440, 16_000)])
    aac(folder / "heard.mp4", tone(1.0, 440, 16_000), 16_000)
    (folder / "text.mp4").write_bytes(b"not a video at all")
    (folder / "empty.mov").write_bytes(b"")
    (folder / "head.webm").write_bytes((folder / "silent.webm").read_bytes()[:60])
    rows = [f"{path.stem},{path}" for path in sorted(folder.iterdir())]
    (folder / "items.csv").write_text("\n".join(["id,video", *rows]))
    return folder / "items.csv"


@pytest.mark.parametrize("kind", ["default", "clip"])
def test_each_video_is_encoded_or_named_once(kind: str, videos: Path, tmp_path: Path, capsys) -> None:
    chosen = [f"--encoder=video=video-frames:open-clip:local-dir:{saved(tmp_path / 'clip')}"] * (kind == "clip")
    assert main(["encode", str(videos), "--store", str(tmp_path / "store"), "--json", "-", *chosen]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["by_modality"]["video"]["encoded"] == 5
    told = {row["id"]: row["reason"] for row in report["skipped"]}
    assert set(told) == {"none", "heard", "text", "empty", "head"}
    assert all("\n" not in reason and ";" in reason for reason in told.values())
    assert "holds no frames" in told["none"] and "no moving picture" in told["heard"]


def test_a_picture_larger_than_the_limit_is_named_with_the_way_out(videos: Path, tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setenv("MMALIGN_MAX_IMAGE_PIXELS", "1000000")
    (tmp_path / "items.csv").write_text(f"id,video\n1,{videos.parent / 'large.mp4'}")
    assert main(["encode", str(tmp_path / "items.csv"), "--store", str(tmp_path / "store")]) == 2
    out, err = capsys.readouterr()
    assert not out and err.count("\n") == 1 and "MMALIGN_MAX_IMAGE_PIXELS" in err


def test_an_image_encoder_that_is_not_here_is_said_before_a_video_is_decoded(videos, tmp_path, capsys) -> None:
    missing = f"--encoder=video=video-frames:open-clip:local-dir:{tmp_path / 'none'}"
    assert main(["encode", str(videos), "--store", str(tmp_path / "store"), missing]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "there is no folder" in err

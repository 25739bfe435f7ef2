"""Pictures as people have them: cut at the end, with long texts, of odd bands and sizes; each is read, or the reason is
the true one and comes before the memory is asked for."""

import io
import struct
import zlib
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin

from mmalign_core.data import decode_image, inspect_collection, read_collection
from mmalign_core.data.media.images import decode_picture
from mmalign_core.data.media.picture_limits import holding
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import encoded, picture, png

UPRIGHT = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0), 5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)}
"""Orientation -> the row and column of the corner where the stored top left corner is seen (EXIF 2.3, 4.6.4)."""


def pixels(source: bytes) -> np.ndarray:
    return np.asarray(decode_image(source)).astype(int)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def huge_png(width: int, height: int, colours: int = 2) -> bytes:
    """A PNG of some bytes that states a size far beyond what it holds."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def tiff(samples: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("cut", [1, 2])
def test_a_jpeg_without_its_end_has_all_its_pixels(progressive: bool, cut: int) -> None:
    whole = encoded(picture(), "JPEG", progressive=progressive)
    assert (pixels(whole[:-cut]) == pixels(whole)).all()


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_cut_off_says_how_much_is_there(progressive: bool) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (160, 160, 3), np.uint8))
    whole = encoded(noise, "JPEG", progressive=progressive)
    with pytest.raises(BadInput, match=r"cut off: \d+ of 160 rows of the picture are there"):
        decode_image(whole[: len(whole) * 2 // 3])


@pytest.mark.parametrize("kind", ["text", "international", "profile", "damaged text"])
def test_texts_and_profiles_of_any_length_do_no_harm(kind: str) -> None:
    plain, image = png(), Image.open(io.BytesIO(png()))
    body, long = io.BytesIO(), "so long " * 300_000
    info = PngImagePlugin.PngInfo()
    if kind == "text":
        info.add_text("Comment", long, zip=True)
    if kind == "international":
        info.add_itxt("Comment", long, zip=True)
    profile = {"icc_profile": bytes(3_000_000)} if kind == "profile" else {}
    image.save(body, "PNG", pnginfo=info, **profile)
    content = body.getvalue()
    if kind == "damaged text":
        content = plain[:33] + chunk(b"tEXt", b"Comment\0hello")[:-1] + b"!" + plain[33:]
    assert (pixels(content) == pixels(plain)).all()


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.uint16, np.uint32, np.int16])
def test_colours_of_any_type_are_read(dtype: type, planar: str) -> None:
    """The same picture in samples of each type, its bands side by side or one after the other."""
    shares = np.asarray(picture(), np.float64) / 255
    top = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    bands = (shares * top).astype(dtype)
    stored = bands if planar == "contig" else np.ascontiguousarray(bands.transpose(2, 0, 1))
    got = pixels(tiff(stored, photometric="rgb", planarconfig=planar))
    assert np.abs(got - shares * 255).max() <= 1


@pytest.mark.parametrize("bands", [2, 5, 12])
def test_many_bands_are_read_and_said(bands: int, tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(0, 255, (bands, 20, 30), np.uint8)
    (tmp_path / "a.tif").write_bytes(tiff(samples, photometric="minisblack", planarconfig="separate"))
    got = np.asarray(decode_image(tmp_path / "a.tif"))
    shown = samples[:3].transpose(1, 2, 0) if bands > 2 else np.repeat(samples[0][..., None], 3, axis=2)
    assert (got == shown).all()
    notes = inspect_collection(read_collection(tmp_path)).notes
    assert any(f"has {bands} bands" in note for note in notes) == (bands > 4)


def test_a_tiff_that_nothing_reads_says_what_it_holds() -> None:
    content = tiff(np.zeros((20, 30, 3), np.complex64), photometric="minisblack", planarconfig="contig")
    with pytest.raises(BadInput, match="3 x 64-bit complex numbers"):
        decode_image(content)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_the_size_told_is_that_of_the_upright_picture(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    image = Image.new("RGB", (48, 32), "white")
    image.paste((200, 0, 0), (0, 0, 16, 16))
    seen = decode_picture(encoded(image, format, exif=exif), at_least=(8, 8))
    whole = decode_picture(encoded(image, format, exif=exif))
    assert (seen.width, seen.height) == whole.image.size == ((48, 32) if orientation < 5 else (32, 48))
    row, column = UPRIGHT[orientation]
    assert np.asarray(whole.image)[-2 if row else 1, -2 if column else 1, 1] < 100


def test_the_first_frame_of_what_moves_is_used_and_said(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    for format in ("GIF", "WEBP", "PNG"):
        frames[0].save(tmp_path / f"{format}.{format.lower()}", format, save_all=True, append_images=frames[1:])
        assert np.abs(pixels((tmp_path / f"{format}.{format.lower()}").read_bytes())[5, 5] - [255, 0, 0]).max() < 8
    frames[0].save(tmp_path / "pages.tiff", save_all=True, append_images=frames[1:])
    notes = inspect_collection(read_collection(tmp_path)).notes
    assert any("3 image file(s): it moves; its first frame is used ('GIF', 'PNG', 'WEBP')" in note for note in notes)
    assert any("1 image file(s): it holds several pages" in note for note in notes)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (huge_png(1, 99_000_000), "side longer than 100,000"),
        (huge_png(99_000, 1000), "cut off: its [0-9]+ bytes cannot hold 99000 x 1000 pixels"),
        (huge_png(9000, 9000, 6), "cannot hold"),
        (huge_png(2**31 - 1, 2**31 - 1), "more pixels than can be decoded"),
    ],
)
def test_sizes_are_refused_by_the_header(content: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        decode_image(content)


def test_memory_of_a_picture_is_a_setting() -> None:
    jp2 = encoded(Image.new("RGB", (1000, 1000)), "JPEG2000")
    with pytest.raises(BadInput, match="24 MB to decode, more than 20; make it smaller or raise MMALIGN_MAX_IMAGE_BY"):
        decode_image(jp2, Settings(max_image_bytes=20_000_000))
    with pytest.raises(BadInput, match="a side longer than 999"):
        decode_image(jp2, Settings(max_image_side=999))
    floats = tiff(np.zeros((1000, 1000, 3)), photometric="rgb")
    with pytest.raises(BadInput, match="72 MB to decode"):
        decode_image(floats, Settings(max_image_bytes=20_000_000))


def test_large_pictures_wait_for_one_another() -> None:
    inside, most, ready = [], [], Barrier(3)

    def hold() -> None:
        ready.wait()
        for _ in range(50):
            with holding(60, 100):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [Thread(target=hold) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1 and len(most) == 150
    with holding(500, 100):
        pass  # one that is larger than the limit is alone, and goes on


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "I;16", "F", "CMYK"])
def test_strips_of_a_large_picture_join_to_the_same(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = picture(97, 61)
    levels = np.asarray(image.convert("L"))
    made = {"I;16": Image.fromarray(levels.astype(np.uint16) * 257), "F": Image.fromarray(levels / np.float32(255))}
    image = made.get(mode) or image.convert(mode)
    content = encoded(image, "TIFF")
    whole = pixels(content)
    monkeypatch.setattr("mmalign_core.data.media.picture_modes._STRIP", 500)
    assert (pixels(content) == whole).all()
    monkeypatch.setattr("mmalign_core.data.media.images._MANY", 500)
    small = decode_picture(content, at_least=(20, 20))
    assert (small.width, small.height) == (97, 61) and small.image.size == (33, 21)
    assert abs(np.asarray(small.image).mean() - whole.mean()) < 2

"""Decoding pictures: every format and mode becomes the same upright RGB; bad bytes give BadInput and nothing else."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmalign_core.data import decode_image
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import encoded, picture, png


def pixels(source: bytes) -> np.ndarray:
    image = decode_image(source)
    assert image.mode == "RGB"
    return np.asarray(image).astype(int)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "JPEG2000", "PPM"])
def test_formats_agree(format: str) -> None:
    got = pixels(encoded(picture(), format))
    assert got.shape == (30, 40, 3)
    assert np.abs(got - np.asarray(picture()).astype(int)).mean() < 8


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "YCbCr"])
def test_modes_become_rgb(mode: str) -> None:
    image = picture().convert(mode)
    reference = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(pixels(encoded(image, "TIFF")) - reference).mean() < 2


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_scale_to_eight(format: str) -> None:
    levels = np.linspace(0, 65535, 200).astype(np.uint16).reshape(10, 20)
    got = pixels(encoded(Image.fromarray(levels), format))
    assert np.abs(got[..., 0] - levels / 257).max() <= 1


def test_wide_integers_and_floats_scale() -> None:
    ramp = np.linspace(0, 65535, 200).reshape(10, 20)
    assert np.abs(pixels(encoded(Image.fromarray(ramp.astype(np.int32)), "TIFF"))[..., 0] - ramp / 257).max() <= 1
    unit = (ramp / 65535).astype(np.float32)
    unit[0, 0] = np.nan
    assert np.abs(pixels(encoded(Image.fromarray(unit), "TIFF"))[..., 0] - ramp / 257).max() <= 1


def test_alpha_is_laid_on_white() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    half = Image.new("RGBA", (4, 4), (0, 0, 0, 128))
    assert (pixels(encoded(clear)) == 255).all()
    assert np.abs(pixels(encoded(half)) - 127).max() <= 1
    palette = picture().convert("P", palette=Image.Palette.ADAPTIVE)
    palette.paste(0, (0, 0, 10, 10))
    assert (pixels(encoded(palette, "PNG", transparency=0))[:10, :10] == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(orientation: int, format: str) -> None:
    """A corner marked red ends where each orientation puts it, at the size that follows."""
    image = Image.new("RGB", (32, 16), "white")
    image.paste("red", (0, 0, 8, 8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    got = pixels(encoded(image, format, exif=exif))
    red = np.argwhere(got[..., 1] < 100).mean(axis=0)
    assert got.shape[:2] == ((16, 32) if orientation <= 4 else (32, 16))
    right = orientation in (2, 3, 6, 7)
    bottom = orientation in (3, 4, 7, 8)
    assert (red[1] > got.shape[1] / 2) == right and (red[0] > got.shape[0] / 2) == bottom


def test_animations_give_their_first_frame() -> None:
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    for format in ("GIF", "WEBP", "PNG"):
        moving = encoded(first, format, save_all=True, append_images=[second])
        assert pixels(moving)[..., 0].min() > 200


def test_at_least_keeps_the_size_asked_for_and_the_picture() -> None:
    large = encoded(picture(800, 600), "JPEG", quality=95)
    small = decode_image(large, at_least=(120, 90))
    assert small.size == (200, 150)
    whole = decode_image(large).resize((120, 90), Image.Resampling.BOX)
    close = np.asarray(small.resize((120, 90), Image.Resampling.BOX)).astype(int)
    assert np.abs(close - np.asarray(whole)).mean() < 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"hello, I am no picture", "holds text"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (png()[:-60], "damaged or cut off"),
        (encoded(picture(400, 300), "JPEG")[:2000], "cut off: [0-9]+ of 300 rows"),
        (b"\0\0\0\x18ftypheic" + bytes(100), "HEIC|damaged"),
        (b"\xff\x0a" + bytes(100), "JPEG XL"),
        (bytes(128) + b"DICM" + bytes(100), "DICOM"),
        (b"RIFF\0\0\0\0WAVEfmt ", "sound"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "holds text"),
        (b"\x00\x01\x02\x03" * 50, "known format"),
    ],
)
def test_bad_pictures_say_why(content: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        decode_image(content)


def test_pixel_limit_is_checked_before_decoding() -> None:
    bomb = encoded(Image.new("1", (20_000, 20_000)))
    with pytest.raises(BadInput, match="pixels"):
        decode_image(bomb)
    with pytest.raises(BadInput, match="MMALIGN_MAX_IMAGE_PIXELS"):
        decode_image(png(), Settings(max_image_pixels=100))


SEEDS = [encoded(picture(), f) for f in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")]


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.binary(max_size=400), st.sampled_from(SEEDS).flatmap(lambda b: st.tuples(st.just(b), st.data()))))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_any_bytes_give_a_picture_or_bad_input(source: object) -> None:
    if isinstance(source, tuple):
        content, data = source
        start = data.draw(st.integers(0, min(len(content) - 1, 200)))
        patch = data.draw(st.binary(min_size=1, max_size=8))
        source = content[:start] + patch + content[start + data.draw(st.integers(0, 8)) :]
    assert isinstance(source, bytes)
    try:
        assert decode_image(source, Settings(max_image_pixels=10_000)).mode == "RGB"
    except BadInput as error:
        assert "\n" not in str(error)


def test_a_path_is_named_in_the_error(tmp_path) -> None:
    bad = tmp_path / "猫🐈.png"
    bad.write_bytes(b"no")
    with pytest.raises(BadInput, match="猫🐈"):
        decode_image(bad)
    good = io.BytesIO(png())
    (tmp_path / "🐈.png").write_bytes(good.getvalue())
    assert decode_image(tmp_path / "🐈.png").size == (40, 30)

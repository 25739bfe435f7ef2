"""Pictures: any common format is decoded to an upright 8-bit RGB image."""

from __future__ import annotations

import io
import logging
import struct
import warnings
import zlib
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from mmalign_core.data.formats import HEAD_BYTES, sniff, why_not_picture
from mmalign_core.data.media.cut_jpegs import decode_cut_jpeg
from mmalign_core.data.media.dicom import decode_dicom
from mmalign_core.data.media.odd_tiffs import decode_odd_tiff
from mmalign_core.data.media.picture_limits import check_picture, holding
from mmalign_core.data.media.picture_modes import to_rgb
from mmalign_core.data.media.png_chunks import bare_png
from mmalign_core.data.names import file_words
from mmalign_core.data.prints import prints_held_back
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from mmalign_core.wording import say

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "WEBP", "TIFF", "AVIF", "JPEG2000", "PPM", "HEIF")
"""Pillow's names of the formats that are tried (JPEG includes MPO; HEIF comes with the extra `heic`).

Formats that may run a program are not among them.
"""

Image.init()  # loads all plug-ins, so that those of FORMATS are available
logging.getLogger("PIL").addHandler(logging.NullHandler())  # else Python prints what no one listens to
warnings.filterwarnings("ignore", module=r"PIL\.")  # of damage that a picture is refused for, or that does no harm

_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, EOFError)
_DAMAGE += (RuntimeError, MemoryError, AssertionError, struct.error, zlib.error, Image.DecompressionBombError)
"""What Pillow's decoders raise on damaged files."""

_ORIENTATION = 0x0112
"""The EXIF tag of the orientation, with the values 1 to 8 (EXIF 2.3, 4.6.4)."""
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Orientation -> the transposition that turns the picture upright."""
_SIDEWAYS = (5, 6, 7, 8)
"""Orientations that swap width and height."""
_PLANES, _BITS = 284, 258
"""The TIFF tags of how bands are stored (2: one after the other) and of their bits (TIFF 6.0)."""
_MANY = 1 << 24
"""Pixels from which a picture of any format is averaged down where fewer will do; our choice: 64 MB."""
_MOVING = ("GIF", "WEBP", "PNG", "AVIF")
"""Formats whose several frames are one moving picture."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture: an RGB `image`, the `width` and `height` of the whole upright picture in pixels.

    `remark`: what of the file is not shown, such as later frames; '' if nothing.
    """

    image: Image.Image
    width: int
    height: int
    remark: str = ""


def decode_image(
    source: str | Path | bytes, settings: Settings | None = None, *, at_least: tuple[int, int] | None = None
) -> Image.Image:
    """The first frame of a picture as an RGB image, upright by its orientation, transparency on white, 8 bits.

    `source`: a path or the bytes of a file. `at_least` (width, height) in pixels lets JPEGs be decoded at 1/2, 1/4 or
    1/8 of their size, and large pictures be averaged down, as long as both sides stay as large as that; this is several
    times faster, and pixels differ slightly from those of a full decode. Raises BadInput if the file is missing,
    damaged, no picture, or beyond the limits of the settings on pixels, sides and bytes.
    """
    return decode_picture(source, settings, at_least=at_least).image


def decode_picture(
    source: str | Path | bytes, settings: Settings | None = None, *, at_least: tuple[int, int] | None = None
) -> Picture:
    """A picture as `decode_image` decodes it, with its size and what was left out."""
    settings = settings or Settings()
    name = "the picture" if isinstance(source, bytes) else file_words(source, "picture")
    try:
        head = source[:HEAD_BYTES] if isinstance(source, bytes) else _head(Path(source))
        kind = sniff(head)
        if kind == "dicom":
            image = decode_dicom(source, name, settings)
            return Picture(image, *image.size)
        if kind == "heic":
            _open_heic(name, head)
        return _decoded(source, name, settings, at_least)
    except BadInput:
        raise
    except _DAMAGE as error:
        try:
            return _second_try(source, name, settings, error)
        except BadInput:
            raise
        except _DAMAGE:
            raise BadInput(_why_unreadable(source, name, error)) from error


def _decoded(
    source: str | Path | bytes, name: str, settings: Settings, at_least: tuple[int, int] | None = None
) -> Picture:
    stored = len(source) if isinstance(source, bytes) else Path(source).stat().st_size
    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as image:
        needed, size, remark = check_picture(image, name, stored, settings), image.size, _remark(image)
        if _has_deep_planes(image):
            raise ValueError("planes of more than 8 bits, which Pillow reads as of 8")
        with holding(needed, settings.max_image_bytes):
            if at_least and image.format in ("JPEG", "MPO"):
                _draft(image, at_least)
            with _quiet(image):
                image.load()
            rgb = to_rgb(image, _shrink(image.size, at_least))
            return _upright(rgb, _orientation(image), size, remark)


def _quiet(image: Image.Image) -> AbstractContextManager[None]:
    """What holds back the prints of libtiff, which decodes packed TIFFs alone."""
    packed = image.format == "TIFF" and image.info.get("compression") != "raw"
    return prints_held_back() if packed else nullcontext()


def _upright(image: Image.Image, orientation: int, size: tuple[int, int], remark: str) -> Picture:
    turn = _UPRIGHT.get(orientation)
    width, height = size[::-1] if orientation in _SIDEWAYS else size
    return Picture(image if turn is None else image.transpose(turn), width, height, remark)


def _second_try(source: str | Path | bytes, name: str, settings: Settings, error: BaseException) -> Picture:
    """A picture that cannot be decoded as it is, but as if it were whole or without what has no say in its pixels."""
    head = source[:HEAD_BYTES] if isinstance(source, bytes) else _head(Path(source))
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        image, orientation, remark = decode_odd_tiff(
            source if isinstance(source, bytes) else Path(source), name, settings
        )
        return _upright(image, orientation, image.size, remark)
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    if head.startswith(b"\xff\xd8\xff") and "truncated" in str(error):
        return _whole_jpeg(content, name, settings)
    bare = bare_png(content)
    if bare == content:
        raise error
    return _decoded(bare, name, settings)


def _whole_jpeg(content: bytes, name: str, settings: Settings) -> Picture:
    def decode(file: io.BytesIO) -> Image.Image:
        with Image.open(file, formats=("JPEG",)) as image:
            image.load()
            return image.copy()

    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        needed, orientation = check_picture(image, name, len(content), settings), _orientation(image)
    with holding(2 * needed, settings.max_image_bytes):
        whole = decode_cut_jpeg(content, name, decode)
        return _upright(to_rgb(whole), orientation, whole.size, "")


def _open_heic(name: str, head: bytes) -> None:
    """Let Pillow open HEIC pictures. Raises BadInput, which names the extra, if nothing here reads them."""
    if reason := why_not_picture(head, name):
        raise BadInput(reason)
    import pillow_heif

    pillow_heif.register_heif_opener()


def _remark(image: Any) -> str:
    """What of an opened file is not shown; '' if nothing."""
    try:
        if image.format in _MOVING and getattr(image, "is_animated", False):
            return "moves; its first frame is used"
        if image.format == "TIFF" and image.tag_v2.next:
            return "holds several pages; the first is used"
    except _DAMAGE:
        return ""
    return ""


def _has_deep_planes(image: Any) -> bool:
    if image.format != "TIFF" or image.tag_v2.get(_PLANES) != 2:
        return False
    bits = image.tag_v2.get(_BITS, 8)
    return max(bits if isinstance(bits, tuple) else (bits,)) > 8


def _draft(image: Any, at_least: tuple[int, int]) -> None:
    sideways = _orientation(image) in _SIDEWAYS
    image.draft(image.mode, at_least[::-1] if sideways else at_least)


def _shrink(size: tuple[int, int], at_least: tuple[int, int] | None) -> int:
    """How many pixels of a large picture become one, so that either side stays at least as large as both asked for."""
    if at_least is None or size[0] * size[1] <= _MANY:
        return 1
    return max(1, min(size) // max(at_least))


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation 1 to 8; 1 (upright) if the EXIF data are damaged, since the pixels can still be used."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except _DAMAGE:
        return 1


def _why_unreadable(source: str | Path | bytes, name: str, error: BaseException) -> str:
    """The message about a picture that could not be decoded."""
    if isinstance(error, Image.DecompressionBombError):
        return say("{name} has more pixels than can be decoded safely; make it smaller", name=name)
    if isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError)):
        return f"{name} cannot be opened: {error.strerror}"
    head = source[:HEAD_BYTES] if isinstance(source, bytes) else _head(Path(source))
    return why_not_picture(head, name) or say(
        "{name} is damaged or cut off and cannot be decoded; replace the file", name=name
    )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""

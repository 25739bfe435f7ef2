"""File formats: the modality of a file by its extension or its first bytes."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import PurePath

from mmalign_core.wording import say

HEAD_BYTES = 512
"""Bytes that `sniff` is given: the binary marks below lie in the first 12, an <svg> tag follows a short prologue."""

EXTENSIONS = {
    "text": (".txt", ".text", ".md", ".caption"),
    "image": (
        *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".gif", ".bmp", ".dib", ".webp", ".tif", ".tiff"),
        *(".avif", ".jp2", ".j2k", ".ppm", ".pgm", ".pbm", ".pnm", ".heic", ".heif", ".jxl", ".dcm", ".dicom"),
    ),
    "audio": (
        *(".wav", ".wave", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".mka"),
        *(".aif", ".aiff", ".aifc", ".caf", ".wma", ".amr", ".au"),
    ),
    "video": (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".ogv", ".3gp", ".ts"),
}
_MODALITIES = {extension: modality for modality, known in EXTENSIONS.items() for extension in known}
TABLES = (".jsonl", ".csv", ".tsv", ".parquet")
TABLE_ENDINGS = (*TABLES, ".ndjson", ".json")
"""Endings of all files that are read as tables; a .json holds a list of objects, and may as well describe one item."""
ARRAYS = (".npz", ".npy")
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
OTHER_ARCHIVES = (".rar", ".7z", ".tar.zst", ".tzst")
"""Endings of archives that are not opened."""

_IMAGE_HEADS = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"\0\0\0\x0cjP  ",
    b"\xff\x4f\xff\x51",
    *(b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"),
)
"""First bytes: PNG, JPEG, GIF, BMP, TIFF and BigTIFF in both byte orders, JPEG 2000 and its code stream, Netpbm."""
MOVING_PICTURE_HEADS = (b"GIF87a", b"GIF89a")
"""First bytes of picture formats that may also be given as a video."""
_AUDIO_HEADS = (b"fLaC", b"OggS", b"ID3", b"caff", b".snd", b"#!AMR", b"RF64", b"riff", b"\x30\x26\xb2\x75")
"""First bytes: FLAC, Ogg, MP3 with ID3 tags, CAF, AU, AMR, RF64, Wave64, ASF (WMA and WMV)."""
_IMAGE_BRANDS = (b"avif", b"avis")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""Brands in the ftyp box of an ISO base media file: AVIF, and HEIC, which an extra reads."""
_JXL_HEADS = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")
"""First bytes of JPEG XL: its code stream and its container (ISO/IEC 18181-2)."""
_DICOM_MARK = slice(128, 132)
"""Where DICOM files have the letters DICM (PS3.10, 7.1)."""
_EXTRAS = {"heic": ("HEIC", "pillow_heif"), "dicom": ("DICOM", "pydicom")}
"""Kind -> its name, and the package of the extra, called after the kind, that reads it."""


def modality_of(name: str) -> str | None:
    """The modality of a file name by its extension, in any case; None for unknown extensions."""
    return _MODALITIES.get(_extension(name))


def _extension(name: str) -> str:
    """As `PurePath(name).suffix`, in lower case, at a tenth of the time, since every file is asked for it."""
    base = name.rstrip("/").rpartition("/")[2]
    at = base.rfind(".")
    return base[at:].lower() if 0 < at < len(base) - 1 else ""


def table_ending(name: str) -> str:
    """The ending of a table's name, in lower case and without .gz: '.jsonl' for 'a.JSONL.gz'; '' for other files."""
    ending = PurePath(name.lower().removesuffix(".gz")).suffix
    return ending if ending in TABLE_ENDINGS and not name.lower().endswith(".parquet.gz") else ""


def sniff(head: bytes) -> str | None:
    """The kind of content by its first HEAD_BYTES: image, heic, dicom, jxl, svg, audio (any container), or text.

    None if the content is of no known kind.
    """
    named = {"dicom": head[_DICOM_MARK] == b"DICM", "jxl": head.startswith(_JXL_HEADS)}
    named["svg"] = b"<svg" in head.lower() and not head.startswith((b"RIFF", *_IMAGE_HEADS, *_AUDIO_HEADS))
    if any(named.values()):
        return next(kind for kind, found in named.items() if found)
    if head[:4] == b"RIFF":
        return {b"WAVE": "audio", b"WEBP": "image", b"AVI ": "audio"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _kind_of_brands(head)
    if head.startswith(_AUDIO_HEADS) or head[:4] in (b"FORM", b"\x1a\x45\xdf\xa3"):
        return "audio"
    if head.startswith(_IMAGE_HEADS) and not (head[:2] == b"BM" and _is_text(head)) and not _is_words(head):
        return "image"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "audio"
    return "text" if _is_text(head) else None


def _kind_of_brands(head: bytes) -> str:
    """The kind of an ISO base media file: its first brand, and where that is a general one, the others."""
    end = min(int.from_bytes(head[:4]), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
    if brands[0] not in _IMAGE_BRANDS + _HEIC_BRANDS:
        return "audio"
    return "image" if any(brand in _IMAGE_BRANDS for brand in brands) else "heic"


def why_not_picture(head: bytes, name: str) -> str:
    """Why content that starts with `head` is not a picture, as a message about the file `name`; '' if it may be one."""
    if not head:
        return say("{name} is empty; replace the file", name=name)
    kind = sniff(head)
    if kind in _EXTRAS and find_spec(_EXTRAS[kind][1]) is None:
        cure = f"run pip install 'mmalign[{kind}]', or save it as {'PNG' if kind == 'dicom' else 'JPEG'}"
        kind_words = _EXTRAS[kind][0]
        return say(
            "{name} is a {kind} picture, which nothing here decodes; {cure}", name=name, kind=kind_words, cure=cure
        )
    reasons = {
        "svg": say("{name} is an SVG drawing; export it as PNG", name=name),
        "jxl": say("{name} is a JPEG XL picture, which cannot be decoded here; save it as PNG or JPEG", name=name),
        "text": say("{name} holds text, not a picture; replace the file", name=name),
        "audio": say("{name} holds sound or video, not a picture; replace the file", name=name),
    }
    if kind == "image" or kind in _EXTRAS:
        return ""
    return reasons.get(kind or "", say("{name} is not a picture of a known format; save it as PNG or JPEG", name=name))


def why_not_modality(head: bytes, name: str, modality: str) -> str:
    """Why content that starts with `head` is not of the modality image, audio or video; '' if it may be.

    Sounds and videos share their containers, so that only other kinds of content are refused for these two.
    """
    if modality == "image":
        return why_not_picture(head, name)
    if modality == "video" and head.startswith(MOVING_PICTURE_HEADS):
        return ""
    words = {
        "text": say("text"),
        "image": say("a picture"),
        "svg": say("a drawing"),
        "heic": say("a picture"),
        "dicom": say("a picture"),
        "jxl": say("a picture"),
    }
    other = words.get(sniff(head) or "")
    if not other:
        return ""
    wanted = say("video") if modality == "video" else say("sound")
    return say("{name} holds {other}, not {wanted}; replace the file", name=name, other=other, wanted=wanted)


def _is_text(head: bytes) -> bool:
    """Whether the bytes are UTF-8 without control characters. The last character (4 bytes at most) may be cut off."""
    words = head.decode("utf-8", errors="ignore")
    whole = len(words.encode()) > len(head) - 4
    return bool(head) and whole and not any(ord(c) < 32 and c not in "\t\n\r\f" for c in words)


def _is_words(head: bytes) -> bool:
    """Whether content that starts with 'P1' to 'P6' is prose: in a portable pixmap white space follows."""
    return head[:1] == b"P" and not head[2:3].isspace()

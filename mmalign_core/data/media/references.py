"""Media references: a file or an inline text as a `Media` record, checked but not decoded.

Texts are read from UTF-8, stripped, and checked to be visible and not too long.
"""

from __future__ import annotations

import codecs
import os
import unicodedata
from pathlib import Path

from mmalign_core.data.files import check_size
from mmalign_core.data.formats import HEAD_BYTES, why_not_modality
from mmalign_core.data.names import is_unicode, shown
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media, digest_bytes, digest_file, digest_stream
from mmalign_core.wording import say

_BYTES_PER_CHARACTER = 4
"""Bytes of a character in UTF-8 at most."""
_BOM_BYTES = 3
"""Bytes of the byte-order mark in UTF-8."""
_SAMPLE = 4096
"""Bytes by which an encoding is guessed; our choice."""
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Unicode categories of characters that are not seen: controls, formats such as a zero-width space, separators."""


def file_media(item: str, modality: str, path: Path, name: str, settings: Settings) -> Media:
    """The record of the file at `path`, which belongs to the item `item` and which messages call `name`.

    A text is read; of any other modality the first bytes and the size are checked and the content is digested. Raises
    BadInput if the file is missing, empty, too large, unreadable or holds content of another kind.
    """
    name = f"'{shown(name)}'"
    try:
        if not path.is_file():
            raise BadInput(say("{name} is missing or not a file; correct the path", name=name))
        if modality == "text":
            return text_media(item, _read_text(path, name, settings), name, settings)
        return Media(item, modality, _digest_media(path, name, modality, settings), path=str(path))
    except (OSError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def check_unchanged(medium: Media) -> None:
    """Raises BadInput if the medium's file exists but its content is no longer what the record's digest says."""
    if medium.path is not None and Path(medium.path).is_file() and digest_file(Path(medium.path)) != medium.digest:
        raise BadInput(f"'{shown(Path(medium.path).name)}' has changed since it was encoded; align again to explain it")


def _digest_media(path: Path, name: str, modality: str, settings: Settings) -> str:
    """The digest of a picture, sound or video; raises BadInput if its size or its first bytes are wrong."""
    with path.open("rb") as file:
        check_size(os.fstat(file.fileno()).st_size, name, settings)
        problem = why_not_modality(file.read(HEAD_BYTES), name, modality)
        if problem:
            raise BadInput(problem)
        return digest_stream(file)


def _read_text(path: Path, name: str, settings: Settings) -> str:
    """The text in a file, which messages call `name`. Raises BadInput as `decode_text` does, and for a large file."""
    if path.stat().st_size > settings.max_text_chars * _BYTES_PER_CHARACTER + _BOM_BYTES:
        raise BadInput(_too_long(name, say("{n:,} bytes", n=path.stat().st_size), settings))
    return decode_text(path.read_bytes(), name)


def text_media(item: str, text: str, name: str, settings: Settings) -> Media:
    """The record of an inline text of the item `item`, cleaned. Raises BadInput as `clean_text` does."""
    text = clean_text(text, name, settings)
    return Media(item, "text", digest_bytes(text.encode()), text=text)


def clean_text(text: str, name: str, settings: Settings) -> str:
    """The text without white space and byte-order marks around it; messages call it `name`.

    Raises BadInput if no visible character is left, it is longer than `settings.max_text_chars`, or it is not valid
    Unicode.
    """
    text = text.strip().strip("\ufeff").strip()
    if _INVISIBLE.issuperset(map(unicodedata.category, text)):
        raise BadInput(say("{name} is empty; write a text into it or remove it", name=name))
    if len(text) > settings.max_text_chars:
        raise BadInput(_too_long(name, say("{n:,} characters", n=len(text)), settings))
    if not is_unicode(text):
        raise BadInput(say("{name} is not valid UTF-8; save it as UTF-8", name=name))
    return text


def decode_text(content: bytes, name: str) -> str:
    """The text in UTF-8 bytes, or in UTF-16 that says so by its byte-order mark, without the mark.

    Raises BadInput, with a guess of the encoding, for other bytes.
    """
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and content[:4] != codecs.BOM_UTF32_LE
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            say(
                "{name} is not UTF-8 (it looks like {encoding}); save it as UTF-8",
                name=name,
                encoding=guess_encoding(content),
            )
        ) from error
    if "\0" in text:
        raise BadInput(
            say(
                "{name} is not UTF-8 text (it looks like {encoding}); save it as UTF-8",
                name=name,
                encoding=guess_encoding(content),
            )
        )
    return text


def guess_encoding(content: bytes) -> str:
    """The likely encoding of bytes that are not UTF-8 text, for messages: UTF-16, GBK, Windows-1252 or binary data.

    The bounds are our choice: UTF-16 of Latin text has a zero in nearly every other byte, and most bytes beyond ASCII
    of GBK, two for each character, read as common Chinese characters.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    sample = content[:_SAMPLE]
    if b"\0" in sample:
        halves = (sample[0::2].count(0), sample[1::2].count(0))
        return "UTF-16" if max(halves) > len(sample) * 0.4 > 10 * min(halves) else "binary data"
    if any(b < 32 and b not in b"\t\n\r\f" for b in sample):
        return "binary data"
    words = sample.decode("gb18030", errors="ignore")
    chinese = sum("\u4e00" <= c <= "\u9fff" for c in words)
    high = sum(b >= 128 for b in sample)
    return "GBK" if high and chinese * 2 >= high * 0.8 else "Windows-1252"


def _too_long(name: str, size: str, settings: Settings) -> str:
    return say(
        "{name} is too large ({size}, more than {most:,} characters); shorten it or raise MMALIGN_MAX_TEXT_CHARS",
        name=name,
        size=size,
        most=settings.max_text_chars,
    )

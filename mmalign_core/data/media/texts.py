"""Texts: decoded from UTF-8, stripped, and checked to be visible and not too long."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from mmalign_core.data.names import is_unicode
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

_BYTES_PER_CHARACTER = 4
"""Bytes of a character in UTF-8 at most."""
_BOM_BYTES = 3
"""Bytes of the byte-order mark in UTF-8."""
_SAMPLE = 4096
"""Bytes by which an encoding is guessed; our choice."""
_INVISIBLE = ("Cc", "Cf", "Zl", "Zp", "Zs")
"""Unicode categories of characters that are not seen: controls, formats such as a zero-width space, separators."""


def read_text(path: Path, name: str, settings: Settings) -> str:
    """The stripped text in a file, which messages call `name`. Raises BadInput as `decode_text` and `clean_text` do."""
    if path.stat().st_size > settings.max_text_chars * _BYTES_PER_CHARACTER + _BOM_BYTES:
        raise BadInput(_too_long(name, f"{path.stat().st_size:,} bytes", settings))
    return clean_text(decode_text(path.read_bytes(), name), name, settings)


def clean_text(text: str, name: str, settings: Settings) -> str:
    """The text without white space and byte-order marks around it; messages call it `name`.

    Raises BadInput if no visible character is left, it is longer than `settings.max_text_chars`, or it is not valid
    Unicode.
    """
    text = text.strip().strip("\ufeff").strip()
    if all(unicodedata.category(c) in _INVISIBLE for c in text):
        raise BadInput(f"{name} is empty; write a text into it or remove it")
    if len(text) > settings.max_text_chars:
        raise BadInput(_too_long(name, f"{len(text):,} characters", settings))
    if not is_unicode(text):
        raise BadInput(f"{name} is not valid UTF-8; save it as UTF-8")
    return text


def decode_text(content: bytes, name: str) -> str:
    """The text in UTF-8 bytes, without a byte-order mark.

    Raises BadInput, with a guess of the encoding, for other bytes.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} is not UTF-8 (it looks like {guess_encoding(content)}); save it as UTF-8") from error
    if "\0" in text:
        raise BadInput(f"{name} is not UTF-8 text (it looks like {guess_encoding(content)}); save it as UTF-8")
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
    return (
        f"{name} is too large ({size}, more than {settings.max_text_chars:,} characters); shorten it "
        "or raise MMALIGN_MAX_TEXT_CHARS"
    )

"""Names in archives that are no UTF-8: the code page that fits all of them best."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence

_UNICODE_PATH = 0x7075
"""The extra field of a .zip member that holds its name in UTF-8 (PKWARE APPNOTE, 4.6.9)."""
_LIKELY, _NEAR, _UNLIKELY, _NEVER = 1.0, 0.9, 0.2, 0.05
"""How well a character speaks for a code page: of its common ones; a Latin letter beside others; a rare one; one that
names hardly hold. Our choice."""
_CODES = {"gb18030": "GBK", "cp932": "Shift-JIS", "cp949": "EUC-KR", "cp1252": "Windows-1252", "cp437": "code page 437"}
"""Codec -> what people call it, the first of equals first."""
_COMMON = {"gb18030": (0xB0, 0xD7), "cp932": (0x88, 0x97), "cp949": (0xB0, 0xC8)}
"""First bytes of the characters in use: level 1 of GB 2312 and of JIS X 0208, and Hangul in KS X 1001."""


def decoded_names(raw: Sequence[bytes]) -> tuple[list[str], str]:
    """The names as text, and what people call the code page they are in; '' if they are UTF-8.

    If one is no UTF-8, all are read in the code page that fits best, since two letters of it may pass for one of
    UTF-8. Without one, bytes that are no text stay as lone surrogates, for the caller to refuse.
    """
    odd = [name for name in raw if not _is_utf8(name)]
    if not odd:
        return [name.decode("utf-8") for name in raw], ""
    scores = {codec: _score(codec, [name for name in raw if not name.isascii()]) for codec in _CODES}
    best = max(scores, key=lambda codec: scores[codec])
    if scores[best] <= 0:
        return [name.decode("utf-8", "surrogateescape") for name in raw], ""
    return [name.decode(best) for name in raw], _CODES[best]


def unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in the extra field for it, if it belongs to this name; else None."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        body, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(body) > 5 and int.from_bytes(body[1:5], "little") == zlib.crc32(raw):
            return body[5:].decode("utf-8", "replace")
    return None


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _score(codec: str, names: Sequence[bytes]) -> float:
    """The mean of what the characters beyond ASCII say for the code page; 0 if a name is none in it."""
    try:
        texts = [name.decode(codec) for name in names]
    except UnicodeDecodeError:
        return 0.0
    weigh: Callable[[str, int], float] = _latin if codec in ("cp1252", "cp437") else _eastern(codec)
    weights = [weigh(text, at) for text in texts for at, char in enumerate(text) if ord(char) > 127]
    return sum(weights) / len(weights) if weights else 0.0


def _eastern(codec: str) -> Callable[[str, int], float]:
    low, high = _COMMON[codec]

    def weigh(text: str, at: int) -> float:
        char, raw = text[at], text[at].encode(codec)
        if codec == "cp932" and ("\u3041" <= char <= "\u30ff"):
            return _LIKELY  # kana
        if len(raw) == 2 and low <= raw[0] <= high:
            return _LIKELY if codec != "gb18030" or raw[1] >= 0xA1 else _UNLIKELY
        return _UNLIKELY if char.isalpha() and not "\uff00" <= char <= "\uffef" else _NEVER

    return weigh


def _latin(text: str, at: int) -> float:
    """Accented letters stand among plain ones, and rarely beside one another."""
    char, beside = text[at], text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
    if not char.isalpha() or ord(char) > 0x17F:
        return _NEVER
    plain = any(other.isascii() and other.isalpha() for other in beside)
    return (_NEAR if char.islower() else _NEAR / 2) if plain else _UNLIKELY / 2

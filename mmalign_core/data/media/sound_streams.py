"""Sounds of several streams, or without a length: found in their bytes before a decoder stops at the first end."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_PAGE = struct.Struct("<4sBBQLLLB")
"""The header of an Ogg page (RFC 3533, 6)."""
_FIRST_PAGE = 0x2
"""The flag of a stream's first page."""
_SECOND_FLAC = b"fLaC\x00\x00\x00\x22"
"""How a FLAC file begins: its mark, and a STREAMINFO block of 34 bytes (RFC 9639, 8)."""
_UNKNOWN_AU = 0xFFFFFFFF
"""Length of an AU sound that says that it is not known (Sun's audio(7))."""


def ogg_links(content: bytes | memoryview) -> list[tuple[int, int]]:
    """The places (begin, end) of the links of a chained Ogg file; one for any other Ogg file.

    A link begins where streams begin after pages of others that were under way.
    """
    starts, under_way = [0], False
    for at, flags in _pages(content):
        if flags & _FIRST_PAGE and under_way:
            starts.append(at)
        under_way = not flags & _FIRST_PAGE
    return list(zip(starts, [*starts[1:], len(content)]))


def _pages(content: bytes | memoryview) -> Iterator[tuple[int, int]]:
    """The place and the flags of each page."""
    at = 0
    while at + _PAGE.size <= len(content):
        mark, _, flags, *_, segments = _PAGE.unpack_from(content, at)
        if mark != b"OggS":
            return
        yield at, flags
        at += _PAGE.size + segments + sum(content[at + _PAGE.size : at + _PAGE.size + segments])


def is_joined_flac(content: bytes) -> bool:
    """Whether a FLAC file holds another one after its end."""
    return content.startswith(b"fLaC") and content.find(_SECOND_FLAC, len(_SECOND_FLAC)) > 0


def with_length(content: bytes) -> bytes | None:
    """A WAV, RF64 or AU sound with the length that its samples have, where the header states none; else None.

    None as well where what the header states fits: what follows the samples is another part of the file, or nothing.
    """
    if content.startswith(b".snd") and len(content) > 12 and not int.from_bytes(content[8:12]):
        return content[:8] + _UNKNOWN_AU.to_bytes(4) + content[12:]
    if content[:4] not in (b"RIFF", b"RF64") or content[8:12] != b"WAVE":
        return None
    at = next((at for at, name, _ in _chunks(content) if name == b"data"), None)
    if at is None or len(content) <= at + 8:
        return None
    stated, there = int.from_bytes(content[at + 4 : at + 8], "little"), len(content) - at - 8
    if content[:4] == b"RF64":
        stated = int.from_bytes(content[28:36], "little") if content[12:16] == b"ds64" else 0
    if stated and (stated >= there or _is_chunk(content, at + 8 + stated + stated % 2)):
        return None
    if there >= 1 << 32:
        return None
    head = b"RIFF" + (len(content) - 8).to_bytes(4, "little") + content[8:at].replace(b"ds64", b"JUNK", 1)
    return head + b"data" + there.to_bytes(4, "little") + content[at + 8 :]


def _chunks(content: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The place, name and stated size of each part of a RIFF file, up to the samples."""
    at = 12
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        yield at, name, size
        if name == b"data":
            return
        at += 8 + size + size % 2


def _is_chunk(content: bytes, at: int) -> bool:
    """Whether another part of a RIFF file begins here, or a few bytes are left over."""
    if len(content) - at < 8:
        return True
    name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
    return all(32 <= byte < 127 for byte in name) and at + 8 + size <= len(content) + 1

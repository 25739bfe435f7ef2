"""PNG files without their texts and profiles, which may be too long to be read and have no say in the pixels."""

from __future__ import annotations

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sBIT", b"eXIf")
"""Chunks that the pixels and their orientation depend on (PNG, third edition, 11)."""
_FRAME = 12
"""Bytes of a chunk beside its content: length, type and checksum."""


def bare_png(content: bytes) -> bytes:
    """The PNG with the chunks alone that make its pixels. What is no whole chunk stays as it is."""
    if not content.startswith(_SIGNATURE):
        return content
    parts, at = [_SIGNATURE], len(_SIGNATURE)
    while at + _FRAME <= len(content):
        end = at + _FRAME + int.from_bytes(content[at : at + 4])
        if content[at + 4 : at + 8] in _KEPT:
            parts.append(content[at:end])
        at = end
    return b"".join([*parts, content[at:]])

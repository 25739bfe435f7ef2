"""Frames of an MP3 file, walked by their headers: whether they are one unbroken stream, as its first frame says."""

from __future__ import annotations

_BITRATES = {
    (3, 3): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""(MPEG-1 3 or later 2, layer code: I 3, II 2, III 1) -> kilobits a second of each index (ISO/IEC 11172-3, 13818-3)."""
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""Version code (MPEG-1 3, MPEG-2 2, MPEG-2.5 0) -> sample rates of each index."""
_TAGS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3")
_NEAR = 0.01
"""Share by which the stated bytes may differ from the real ones; mpg123 warns of more."""


def is_regular_mp3(content: bytes) -> bool:
    """Whether frames of one kind follow one another from the tag at the beginning to the end or the tags there.

    And are as many as the first says, if it says so. Other files are read to their end by FFmpeg, while libmpg123
    stops where the first stream ends, and prints of what it finds.
    """
    start = at = _behind_tag(content)
    kind, frames = content[at + 1 : at + 2], 0
    rate = content[at + 2 : at + 3]
    while at < len(content):
        size = _frame_size(content, at)
        if not size or content[at + 1 : at + 2] != kind or (content[at + 2] ^ rate[0]) & 0x0C:
            break
        if frames and _stated(content, at) is not None:
            return False  # another stream's first frame
        frames, at = frames + 1, at + size
    rest = content[at:].lstrip(b"\0") if at < len(content) else b""
    whole = at <= len(content) and (not rest or rest.startswith(_TAGS))
    stated = _stated(content, start)
    if stated is None or not frames:
        return whole and frames > 0
    many, size = stated
    near = not size or abs(size - (at - start)) <= _NEAR * (at - start)
    return whole and near and (not many or abs(many - frames) <= 1)


def _behind_tag(content: bytes) -> int:
    """Where the frames begin: behind the tag of ID3v2, whose size has 7 bits a byte."""
    if not content.startswith(b"ID3") or len(content) < 10:
        return 0
    size = sum((byte & 0x7F) << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0)))
    return 10 + size + (10 if content[5] & 0x10 else 0)


def _frame_size(content: bytes, at: int) -> int:
    """Bytes of the frame that begins here; 0 if none does."""
    head = content[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    index, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or not layer or index in (0, 15) or rate == 3:
        return 0
    row = (3 if version == 3 else 2, layer if version == 3 or layer == 3 else 1)
    kilobits, hertz, padding = _BITRATES[row][index], _RATES[version][rate], head[2] >> 1 & 1
    if layer == 3:
        return (12_000 * kilobits // hertz + padding) * 4
    return (72_000 if layer == 1 and version != 3 else 144_000) * kilobits // hertz + padding


def _stated(content: bytes, at: int) -> tuple[int, int] | None:
    """The frames and the bytes that a frame with a table of contents states, 0 if not; None for any other frame."""
    if at + 4 > len(content):
        return None
    mono, first = content[at + 3] >> 6 == 3, content[at + 1] >> 3 & 3 == 3
    place = at + 4 + ((17 if mono else 32) if first else (9 if mono else 17))
    if content[place : place + 4] not in (b"Xing", b"Info"):
        return None
    flags = content[place + 7] if place + 7 < len(content) else 0
    numbers = content[place + 8 : place + 16]
    many = int.from_bytes(numbers[:4]) if flags & 1 else 0
    size = int.from_bytes(numbers[4:8] if flags & 1 else numbers[:4]) if flags & 2 else 0
    return many, size

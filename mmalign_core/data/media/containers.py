"""Containers of sound and video: whether one under a video's ending holds a sound alone."""

from __future__ import annotations

from pathlib import Path

from mmalign_core.data.media.video_frames import opened

_ENDS = 1 << 16
"""Bytes at either end of a file that are searched; our choice: the lists of streams of usual files lie there."""
_PICTURE_MARKS = (b"V_VP", b"V_AV1", b"V_MPEG", b"V_THEORA", b"V_MS/", b"V_QUICKTIME", b"hdlr\0\0\0\0\0\0\0\0vide")
"""What names a stream of pictures in Matroska (RFC 9559, 27) and in MP4 and its kin (ISO/IEC 14496-12, 8.4.3)."""


def holds_sound_alone(path: Path) -> bool:
    """Whether the file is a container of sound without a moving picture. False for what cannot be opened."""
    from av.error import FFmpegError
    from av.stream import Disposition

    try:
        if any(mark in end for end in _both_ends(path) for mark in _PICTURE_MARKS):
            return False
        with opened(str(path)) as container:
            pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
            return not pictures and bool(container.streams.audio)
    except (FFmpegError, ValueError, LookupError, EOFError, OSError, RuntimeError):
        return False


def _both_ends(path: Path) -> tuple[bytes, bytes]:
    with path.open("rb") as file:
        head = file.read(_ENDS)
        file.seek(max(path.stat().st_size - _ENDS, 0))
        return head, file.read(_ENDS)

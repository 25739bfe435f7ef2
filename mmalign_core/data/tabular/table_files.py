"""Files of tables, opened: as they are, or unpacked on the way where they are gzipped, up to a limit."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import IO

from mmalign_core.types import BadInput

GROWTH = 200
"""How many times a gzipped table may grow, as a member of an archive may; our choice."""
_ALWAYS = 64 << 20
"""Bytes that a gzipped table may unpack to in any case; our choice."""
_GZIP = b"\x1f\x8b"
UNREADABLE = (OSError, EOFError, zlib.error)
"""What opening and unpacking raise for damaged content."""


def open_table(path: Path) -> IO[bytes]:
    """The bytes of a table, unpacked if its first bytes say gzip."""
    file = path.open("rb")
    packed = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    if not packed:
        return file
    most = max(_ALWAYS, GROWTH * path.stat().st_size)
    return io.BufferedReader(_Bounded(gzip.GzipFile(fileobj=file), path.name, most))


class _Bounded(io.RawIOBase):
    """Unpacked bytes; reading raises BadInput beyond `most` of them."""

    def __init__(self, file: gzip.GzipFile, name: str, most: int) -> None:
        self._file, self._name, self._left = file, name, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self._file.read(len(buffer))
        self._left -= len(content)
        if self._left < 0:
            raise BadInput(
                f"'{self._name}' grows more than {GROWTH} times when unpacked; unpack it yourself and give that"
            )
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._file.close()
        super().close()

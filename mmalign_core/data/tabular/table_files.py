"""Files of tables, opened: as they are, unpacked where they are gzipped, recoded where they are UTF-16."""

from __future__ import annotations

import codecs
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
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""Marks at the start of a table in UTF-16, as spreadsheets save "Unicode text"."""
UNREADABLE = (OSError, EOFError, zlib.error)
"""What opening and unpacking raise for damaged content."""


def open_table(path: Path) -> IO[bytes]:
    """The bytes of a table: unpacked if its first bytes say gzip, in UTF-8 if they say UTF-16."""
    file = path.open("rb")
    head = file.read(len(codecs.BOM_UTF32_LE))
    file.seek(0)
    if head.startswith(_GZIP):
        most = max(_ALWAYS, GROWTH * path.stat().st_size)
        return io.BufferedReader(_Bounded(gzip.GzipFile(fileobj=file), path.name, most))
    if head.startswith(_UTF16) and head != codecs.BOM_UTF32_LE:
        return io.BufferedReader(_Recoded(file, path.name))
    return file


class _Recoded(io.RawIOBase):
    """UTF-16 as UTF-8; reading raises BadInput where it is damaged."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name, self._left = file, name, b""
        self._decoder = codecs.getincrementaldecoder("utf-16")()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            content = self._file.read(io.DEFAULT_BUFFER_SIZE)
            try:
                self._left = self._decoder.decode(content, final=not content).encode()
            except UnicodeError as error:
                raise BadInput(f"'{self._name}' is UTF-16 and damaged or cut off; save it as UTF-8") from error
            if not content:
                break
        given = self._left[: len(buffer)]
        self._left = self._left[len(given) :]
        buffer[: len(given)] = given
        return len(given)

    def close(self) -> None:
        self._file.close()
        super().close()


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

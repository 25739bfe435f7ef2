"""Logs of marks: one append-only file for each name of a collection. Several processes may write to one at once.

A log lies at `marks/NAME-DIGEST.jsonl`, one JSON object a line. Marks belong to the data: a renamed, moved or partly
changed collection keeps them. So all logs are read together, and each entry names the item and the digests of its
content; the reader decides which entries concern a collection. The name only spreads the entries over files that can be
listed and removed one by one.
"""

from __future__ import annotations

import gc
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmalign_core.store.errors import make_folder, unwritable
from mmalign_core.store.folders import key_name

ENDING = ".jsonl"
OPERATIONS = ("mark", "undo")
"""What an entry does: the `op` that it begins with."""
_TOGETHER = 20_000
"""Bytes of lines that are read as one JSON text, which takes half the time of as many texts. Chosen: they and what they
hold stay in a processor's cache. A torn line among them makes them be read one by one."""
_START = b'{"op": "'
_log = logging.getLogger(__name__)


class MarkLog:
    """The logs of marks in one folder (made on the first write)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """Append the entries to the log of the collections of that name, all of them in one write.

        The file is opened for appending, so that the system puts every write behind those of other processes. A line
        break before the entries parts them from a line that a killed writer left unfinished. Raises BadInput where the
        file cannot be written.
        """
        if not entries:
            return
        path = make_folder(self.folder) / f"{key_name(name)}{ENDING}"
        content = ("\n" + "".join(json.dumps(dict(entry)) + "\n" for entry in entries)).encode()
        try:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                written = os.write(handle, content)
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise unwritable(path, error.strerror or str(error)) from error
        if written < len(content):
            raise unwritable(path, f"only {written} of {len(content)} bytes fit on the disk")

    def latest(self, name: str) -> str:
        """The latest moment that the last entries of that log name; '' if there is none."""
        path = self.folder / f"{key_name(name)}{ENDING}"
        try:
            with path.open("rb") as log:
                log.seek(max(0, path.stat().st_size - _TOGETHER))
                lines = log.readlines()
        except OSError:
            return ""
        return max((str(entry.get("when", "")) for entry in _parsed(lines)), default="")

    def read(self) -> Iterator[dict[str, Any]]:
        """The entries of all logs, each log in its order; lines that hold no JSON object are left out and logged."""
        for path in sorted(self.folder.glob(f"*{ENDING}")):
            yield from _entries(path)


@contextmanager
def no_collection() -> Iterator[None]:
    """No search for unused objects while a block makes very many that all stay: it takes twice the time of the work."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    torn = 0
    with path.open("rb") as log:
        while lines := log.readlines(_TOGETHER):
            lines = [line for line in lines if not line.isspace()]
            found = _parsed(lines)
            torn += len(lines) - len(found)
            yield from found
    if torn:
        _log.warning("'%s' holds %d unfinished or foreign lines, which are left out", path, torn)


def _parsed(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    """The JSON objects of these lines, read together where all of them hold one, else each by itself."""
    together = _value(b"[" + b",".join(lines) + b"]")
    if isinstance(together, list) and len(together) == len(lines) and {*map(type, together)} == {dict}:
        return together
    return [entry for line in lines if isinstance(entry := _value(line), dict)]


def _value(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_mark_log(path: Path) -> bool:
    """Whether every line of the file is one that `add` wrote, whole or unfinished: a mark, or the undo of one."""
    return all(_is_ours(line) for line in path.read_bytes().split(b"\n") if line.strip())


def _is_ours(line: bytes) -> bool:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        # A killed writer leaves the start of an entry.
        return line.startswith(_START) or _START.startswith(line)
    return isinstance(entry, dict) and entry.get("op") in OPERATIONS and "id" in entry

"""Pictures and sounds of the demo as files, written by two processes of Python.

Threads would wait for each other: the renderer of drawings holds Python's lock. Each process is
`python -m mmalign_core.data.demo.media FOLDER FILE…` and names each file that it has written in one line.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from mmalign_core.data.demo.items import Item, demo_items
from mmalign_core.data.demo.pictures import write_picture
from mmalign_core.processes import start_python
from mmalign_core.types import Progress

_SOUND = 2.3
"""What a sound costs, in pictures: 40 ms to 17, with the import of SciPy's filters; measured on 397 drawings."""
_SHARE = 0.99
"""Share of the progress that the files are; the tables that follow take a hundredth of the time."""


def picture_path(item: Item) -> str:
    """Path of the item's picture in the demo's folder."""
    return f"images/{item.id}{Path(item.file).suffix if item.package else '.jpg'}"


def sound_path(item: Item) -> str:
    """Path of the item's sound in the demo's folder."""
    return f"audio/{item.id}.flac"


def write_media(folder: Path, items: Sequence[Item], progress: Progress) -> None:
    """Write the pictures and sounds of all items below `folder`.

    What the processes have not written, whatever ended them, is written here, and fails with its own error. Raises
    FileNotFoundError if an installed package lacks a drawing or a photograph.
    """
    for name in ("images", "audio"):
        (folder / name).mkdir()
    todo = {picture_path(item): item for item in items} | {sound_path(item): item for item in items if item.sound}
    left = dict.fromkeys(todo)
    for path in _written(folder, todo):
        left.pop(path, None)
        progress(_SHARE * (1 - len(left) / len(todo)), f"making {todo[path].id}")


def _written(folder: Path, todo: dict[str, Item]) -> Iterator[str]:
    """Write each file, and yield its path."""
    left = dict.fromkeys(todo)
    with _processes(folder, _shares(list(todo)) if (os.cpu_count() or 1) > 1 else ()) as lines:
        for line in lines:
            path = line.strip()
            if path in left:
                del left[path]
                yield path
    for path in left:
        _write(folder, path, todo[path])
        yield path


def _shares(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """The paths in two lists of about the same work. All sounds are in one, so that one process imports SciPy."""
    sounds = [path for path in paths if path.startswith("audio/")]
    pictures = [path for path in paths if not path.startswith("audio/")]
    beside = max(0, round((len(pictures) - _SOUND * len(sounds)) / 2))
    return [*sounds, *pictures[:beside]], pictures[beside:]


@contextmanager
def _processes(folder: Path, shares: Sequence[Sequence[str]]) -> Iterator[TextIO]:
    """Start a process for each share. Gives what they print, until all have ended; none outlives this."""
    read, write = os.pipe()
    running = list[subprocess.Popen[bytes]]()
    with os.fdopen(read, encoding="utf-8") as lines:
        try:
            with suppress(OSError):  # no Python to start, or no room for a process: the files are written here
                for share in shares:
                    ways = {"stdout": write, "stderr": subprocess.DEVNULL}
                    running.append(start_python(__spec__.name, str(folder), *share, **ways))
            os.close(write)
            yield lines
        finally:
            for process in running:
                process.kill()
                process.wait()


def _write(folder: Path, path: str, item: Item) -> None:
    if path == picture_path(item):
        write_picture(item, folder / path)
    else:
        _write_sound(item, folder / path)


def _write_sound(item: Item, path: Path) -> None:
    import soundfile

    from mmalign_core.data.demo.sounds import RATE, sound_table, synthesise

    soundfile.write(path, synthesise(sound_table()[item.sound]), RATE, subtype="PCM_16")


def main(folder: str, *paths: str) -> None:
    """Write these files, and print the path of each. Ends at the next file once nobody reads."""
    known = {path: item for item in demo_items() for path in (picture_path(item), sound_path(item))}
    for path in paths:
        _write(Path(folder), path, known[path])
        print(path, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

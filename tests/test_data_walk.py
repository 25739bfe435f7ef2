"""Folders below folders: of any depth, and those that cannot be listed are told of while the rest is read."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmalign_core.data import read_collection
from mmalign_core.data.walk import walk_folders
from mmalign_core.types import BadInput


def nested(root: Path, name: str, levels: int) -> Path:
    """A folder with so many folders in one another, a text at the top and one at the bottom."""
    (root / "top.txt").write_text("top")
    at = os.open(root, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    leaf = os.open("leaf.txt", os.O_WRONLY | os.O_CREAT, dir_fd=at)
    os.write(leaf, b"leaf")
    os.close(leaf)
    os.close(at)
    return root


@pytest.fixture
def cleared(tmp_path: Path) -> Iterator[Path]:
    """A folder that is emptied from the inside, since pytest's own removal calls itself for each level."""
    yield tmp_path
    while True:
        chain = [tmp_path]
        at = os.open(tmp_path, os.O_RDONLY)
        name = next((n for n in os.listdir(at) if os.path.isdir(tmp_path / n)), None)
        if name is None:
            os.close(at)
            return
        below, fds = name, [at]
        while below is not None:
            fds.append(os.open(below, os.O_RDONLY, dir_fd=fds[-1]))
            entries = os.listdir(fds[-1])
            inside = next((n for n in entries if n in (name, "d")), None)
            for file in entries:
                if file != inside:
                    os.unlink(file, dir_fd=fds[-1])
            chain.append(Path(below))
            below = inside
        for folder, fd in zip(reversed(chain[1:]), reversed(fds[:-1])):
            os.rmdir(str(folder), dir_fd=fd)
        for fd in fds:
            os.close(fd)


def test_more_levels_than_python_calls(cleared: Path) -> None:
    levels = sys.getrecursionlimit() + 200
    root = nested(cleared, "d", levels)
    read = read_collection(root)
    assert list(read.ids) == ["top"]
    assert [s for s in read.skipped if "characters, more than" in s.reason]  # the path is too long for an id
    assert sum(len(files) for _, _, files in walk_folders(root)) == 2


def test_paths_longer_than_the_system_opens(cleared: Path) -> None:
    read = read_collection(nested(cleared, "abcdefgh", 600))
    assert list(read.ids) == ["top"]
    assert any("cannot be listed (File name too long)" in s.reason for s in read.skipped)
    assert all(len(s.reason) < 1000 for s in read.skipped)


def test_names_and_order_are_those_of_the_usual_walk(tmp_path: Path) -> None:
    for name in ("b/x/1.txt", "a/2.txt", "3.txt", "a/y/z/4.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to(tmp_path / "a", target_is_directory=True)
    usual = {folder: (sorted(folders), sorted(files)) for folder, folders, files in os.walk(tmp_path)}
    assert {folder: (sorted(a), sorted(b)) for folder, a, b in walk_folders(tmp_path)} == usual
    with pytest.raises(BadInput, match="holds nothing usable"):
        (tmp_path / "empty").mkdir()
        read_collection(tmp_path / "empty")

"""What tests of writing share: what lies in a folder, a full disk, and a person without rights."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mmalign_core.types import BadInput
from tests.campaign.killed import in_child

FULL = 2000
"""Bytes of a file that the full disk of these tests takes."""


def content(folder: Path) -> dict[str, bytes | str]:
    """Everything below: the content of files, where links lead."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


@contextmanager
def kept(folder: Path, words: str) -> Iterator[None]:
    """The block is refused in one line with these words, and nothing below the folder changes."""
    before = content(folder)
    with pytest.raises(BadInput) as error:
        yield
    assert words in str(error.value) and "\n" not in str(error.value)
    assert content(folder) == before


def on_a_full_disk(work: Callable[[], object]) -> str:
    """What the work raises where no file may grow over FULL bytes."""

    def limited() -> str:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, FULL))
        try:
            work()
        except BadInput as error:
            return str(error)
        return ""

    status, said = in_child(limited)
    assert status == 0
    return str(said)


@contextmanager
def nobody(tmp_path: Path) -> Iterator[None]:
    """The rights of nobody, where the tests run as root, whom no permission stops."""
    if os.geteuid():
        yield
        return
    for folder in (tmp_path, *tmp_path.parents[:3]):  # a process of several has a folder of its own
        folder.chmod(folder.stat().st_mode | 0o755)
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)

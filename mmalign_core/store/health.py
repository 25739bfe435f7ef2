"""Health of a store: what is damaged, unfinished, foreign or unwritable in it. Nothing is changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mmalign_core.store.contents import bytes_of
from mmalign_core.store.embeddings import EmbeddingCache
from mmalign_core.store.folders import check_folder
from mmalign_core.store.runs import CURE, HEAD, read_run_summary
from mmalign_core.store.start import FOLDERS, STAMP, check_version, leftovers
from mmalign_core.types import BadInput


@dataclass(frozen=True)
class StoreHealth:
    """`there`: whether the folder exists; `writable`: whether new results can be kept; `bytes` by folder; `unfinished`:
    what is being written, or was when its writer died; `problems`: one line each, with the cure."""

    root: str
    there: bool
    writable: bool
    free: int
    bytes: dict[str, int]
    unfinished: tuple[str, ...]
    problems: tuple[str, ...]


def examine_store(root: Path) -> StoreHealth:
    """Look at every part of the store: runs and collections by their checksums, vectors by their tables."""
    near = next(folder for folder in (root, *root.absolute().parents) if folder.is_dir())
    writable = os.access(near, os.W_OK | os.X_OK)
    sizes = {name: bytes_of(root / name) for name in (*FOLDERS, "models", "demo") if (root / name).is_dir()}
    left = tuple(path.relative_to(root).as_posix() for path in leftovers(root))
    problems = [] if writable else [f"'{root}' cannot be written: what is kept is used, and nothing new is kept"]
    free = shutil.disk_usage(near).free
    return StoreHealth(str(root), root.is_dir(), writable, free, sizes, left, (*problems, *_problems(root)))


def _problems(root: Path) -> Iterator[str]:
    try:
        check_version(root)
    except BadInput as error:
        yield str(error)
        return
    checks = [
        *((check_folder, head.parent, CURE) for head in sorted((root / "runs").glob(f"[!.]*/{HEAD}"))),
        *(
            (check_folder, head.parent, "delete that folder and read the data again")
            for head in sorted((root / "collections").glob("[!.]*/collection.json"))
        ),
    ]
    for check, folder, cure in checks:
        try:
            check(folder, cure)
            if folder.parent.name == "runs":
                read_run_summary(folder)
        except BadInput as error:
            yield str(error)
    damaged: list[str] = []
    EmbeddingCache(root / "embeddings").size(damaged.append)
    yield from damaged
    known = {*FOLDERS, STAMP, "models", "demo", "sessions", "people"}
    others = [name for name in (sorted(os.listdir(root)) if root.is_dir() else ()) if name not in known]
    if others:
        yield f"'{root}' also holds '{others[0]}'{_more(others)}, which is no part of a store; it is left alone"


def _more(names: list[str]) -> str:
    return f" and {len(names) - 1:,} more" if len(names) > 1 else ""

"""Lance tables on disk, read through LanceDB, which the store needs as well."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from mmalign_core.data.columnar.source import Part, Source, reading
from mmalign_core.data.names import natural_key, shown
from mmalign_core.types import BadInput


def is_lance(path: Path) -> bool:
    """Whether a folder is a Lance table."""
    return (path / "_versions").is_dir() and not (path / "_versions").is_symlink()


def lance_below(root: Path) -> Path | None:
    """The table that the folder is, or the only one in it, as a LanceDB database; None if it holds none.

    BadInput names them if there are several.
    """
    if is_lance(root):
        return root
    found = sorted(
        (p for p in root.glob("*.lance") if p.is_dir() and not p.is_symlink()), key=lambda p: natural_key(p.name)
    )
    if len(found) > 1:
        names = ", ".join(f"'{shown(p.name)}'" for p in found[:12])
        raise BadInput(f"'{shown(root.name)}' holds {len(found)} Lance tables ({names}); give the path of one of them")
    return found[0] if found else None


def lance_source(path: Path, name: str) -> Source:
    """The newest version of a table; BadInput if it cannot be read."""
    if not is_lance(path):
        raise BadInput(f"'{shown(name)}' is not a Lance table (it has no _versions); copy the whole folder")
    with reading(name, "Lance table"), _opened(path) as table:
        schema, rows = table.schema, table.count_rows()
    return Source(name, (Part(name, schema, rows, partial(_batches, path)),))


def _batches(path: Path, size: int) -> Iterator[Any]:
    with _opened(path) as table:
        yield from table.search().to_batches(batch_size=size)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The table under a name of our own: LanceDB opens no table whose name has a space or an accent."""
    import lancedb

    with tempfile.TemporaryDirectory(prefix="lance-") as folder:
        (Path(folder) / "table.lance").symlink_to(path.resolve(), target_is_directory=True)
        yield lancedb.connect(folder).open_table("table")

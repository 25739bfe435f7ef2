"""Two-phase commit of rows: workers write fragments, which nobody sees, and one process commits many at once.

A fragment that is never committed leaves a data file without effect, which Lance removes after a week.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmalign_core.store.object_tables import ObjectTables
from mmalign_core.store.tables import LocalTables
from mmalign_core.types import BadInput

Tables = LocalTables | ObjectTables


def write_fragment(tables: Tables, name: str, rows: Any) -> list[str]:
    """Write a pyarrow table as fragments of the table `name`, which must exist, and return them as JSON."""
    from lance.fragment import write_fragments

    options = tables.options() or None
    made = write_fragments(rows, str(tables.location(name)), mode="append", storage_options=options)
    return [json.dumps(fragment.to_json()) for fragment in made]


def commit_fragments(tables: Tables, name: str, fragments: Sequence[str]) -> None:
    """Append the fragments to the table `name` in one commit; appends of other processes do not conflict.

    Raises BadInput if a worker wrote them to a folder of another machine; then none is committed.
    """
    import lance

    place, options = tables.location(name), tables.options() or None
    made = [lance.FragmentMetadata.from_json(fragment) for fragment in fragments]
    files = [file.path for fragment in made for file in fragment.files]
    if isinstance(place, Path) and not all((place / "data" / file).is_file() for file in files):
        raise BadInput(
            f"a worker wrote to '{place}' on another machine; give a store that all machines see: "
            "a shared folder, or --store s3://bucket/folder"
        )
    version = lance.dataset(str(place), storage_options=options).version
    lance.LanceDataset.commit(
        str(place), lance.LanceOperation.Append(made), read_version=version, storage_options=options
    )

"""Columns of texts as Parquet files: the media of a collection, and the ids and keys of vectors.

Folders of format 1 hold the same as JSON, and are read too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from mmalign_core.types import Media, MediaTable, Strings

HEADER = b"mmalign"
"""The key under which tables of this program say in their metadata what they are."""
_MEDIA, _MEDIA_1 = "media.parquet", "media.json"


def write_columns(path: Path, columns: Mapping[str, Any]) -> None:
    """Write Arrow columns of one length, by name."""
    import pyarrow.parquet as pq

    table = pa.table(dict(columns)).replace_schema_metadata({HEADER: json.dumps({"columns": list(columns)}).encode()})
    pq.write_table(table, path, compression="zstd")


def read_columns(path: Path) -> dict[str, Any]:
    """Name -> Arrow column, as `write_columns` wrote them."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    table.validate(full=True)
    return {name: table.column(name).combine_chunks() for name in table.column_names}


def write_media(folder: Path, media: MediaTable) -> None:
    """Write the media references of a collection into its folder."""
    columns = {"item": media.items.column, "modality": media.modalities.column, "digest": media.digests.column}
    write_columns(folder / _MEDIA, {**columns, "path": media.paths, "text": media.texts})


def read_media(folder: Path) -> MediaTable:
    """The media references in the folder of a collection."""
    if not (folder / _MEDIA).is_file():
        return MediaTable.of(Media(*row) for row in json.loads((folder / _MEDIA_1).read_text()))
    columns = read_columns(folder / _MEDIA)
    item, modality, digest = (Strings(columns[name]) for name in ("item", "modality", "digest"))
    return MediaTable(item, modality, digest, paths=columns["path"], texts=columns["text"])

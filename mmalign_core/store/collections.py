"""Collections as folders: items, media references and interactions in Parquet, vectors in safetensors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from mmalign_core.store.columns import read_media, write_media
from mmalign_core.store.folders import write_json
from mmalign_core.store.serialization import read_frame, read_sets, write_frame, write_sets
from mmalign_core.types import BadInput, Collection, Skipped

FORMAT, _READ = 2, (1, 2)
"""Version of the folder format, which rises when older readers could not read it; and those that are read. Version 1
has media references, and the ids of vectors, in JSON."""


class CollectionSummary(NamedTuple):
    """The entry of a collection in lists. `media`: modality -> number of media."""

    digest: str
    name: str
    items: int
    media: dict[str, int]


def fill_collection(folder: Path, collection: Collection) -> None:
    """Write the collection's files into an empty folder. Media files are not copied."""
    counts = {name: len(s) for name, s in collection.vectors.items()} | collection.table.counts
    head = {
        "format": FORMAT,
        "digest": collection.digest,
        "name": collection.name,
        "attribution": collection.attribution,
        "notes": list(collection.notes),
        "items": len(collection.items),
        "media": counts,
    }
    write_json(folder / "collection.json", head)
    write_media(folder, collection.table)
    write_json(folder / "skipped.json", [list(asdict(s).values()) for s in collection.skipped])
    write_frame(folder / "items.parquet", collection.items)
    if collection.interactions is not None:
        write_frame(folder / "interactions.parquet", collection.interactions)
    write_sets(folder / "vectors", collection.vectors)


def read_collection(folder: Path) -> Collection:
    """The collection in the folder, with its original digest."""
    head = read_head(folder / "collection.json")
    users = folder / "interactions.parquet"
    return Collection(
        name=head["name"],
        items=read_frame(folder / "items.parquet"),
        media=read_media(folder),
        skipped=tuple(_skipped(*row) for row in json.loads((folder / "skipped.json").read_text())),
        vectors=read_sets(folder / "vectors"),
        interactions=read_frame(users) if users.exists() else None,
        attribution=head["attribution"],
        digest=head["digest"],
        notes=tuple(head.get("notes", ())),
    )


def _skipped(id: str, modality: str, reason: str, source: str = "", count: int = 1, ids: Sequence[str] = ()) -> Skipped:
    """A line as it was written; the older ones stand for one file or row each."""
    return Skipped(id, modality, reason, source, count, tuple(ids))


def read_summary(folder: Path) -> CollectionSummary:
    """The summary of the collection in the folder; the media are not read."""
    head = read_head(folder / "collection.json")
    return CollectionSummary(head["digest"], head["name"], head["items"], head["media"])


def read_head(path: Path) -> dict[str, Any]:
    """The content of a JSON file with a format number. Raises BadInput if a later version wrote it."""
    head = json.loads(path.read_text())
    if head["format"] not in _READ:
        raise BadInput(f"'{path}' is of format {head['format']}, this version reads {FORMAT}; update MMAlign")
    return head

"""Collections as folders: items and interactions in Parquet, media references in JSON, vectors in safetensors."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from mmalign_core.store.folders import write_json
from mmalign_core.store.serialization import read_frame, read_sets, write_frame, write_sets
from mmalign_core.types import BadInput, Collection, Media, Skipped

FORMAT = 1
"""Version of the folder format; it rises when older readers could not read it."""


class CollectionSummary(NamedTuple):
    """The entry of a collection in lists. `media`: modality -> number of media."""

    digest: str
    name: str
    items: int
    media: dict[str, int]


def fill_collection(folder: Path, collection: Collection) -> None:
    """Write the collection's files into an empty folder. Media files are not copied."""
    counts = Counter(m.modality for m in collection.media)
    counts.update({name: len(s) for name, s in collection.vectors.items() if name not in counts})
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
    write_json(folder / "media.json", [list(asdict(m).values()) for m in collection.media])
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
        media=tuple(Media(*row) for row in json.loads((folder / "media.json").read_text())),
        skipped=tuple(Skipped(*row) for row in json.loads((folder / "skipped.json").read_text())),
        vectors=read_sets(folder / "vectors"),
        interactions=read_frame(users) if users.exists() else None,
        attribution=head["attribution"],
        digest=head["digest"],
        notes=tuple(head.get("notes", ())),
    )


def read_summary(folder: Path) -> CollectionSummary:
    """The summary of the collection in the folder; the media are not read."""
    head = read_head(folder / "collection.json")
    return CollectionSummary(head["digest"], head["name"], head["items"], head["media"])


def read_head(path: Path) -> dict[str, Any]:
    """The content of a JSON file with a format number. Raises BadInput if a later version wrote it."""
    head = json.loads(path.read_text())
    if head["format"] != FORMAT:
        raise BadInput(f"'{path}' is of format {head['format']}, this version reads {FORMAT}; update MMAlign")
    return head

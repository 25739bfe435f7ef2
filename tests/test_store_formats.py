"""Folders of the first format, with media references and ids in JSON, are read as they always were."""

from __future__ import annotations

import json
from dataclasses import astuple
from pathlib import Path

from store_records import assert_same_collection, assert_same_run, collection, run_record

from mmalign_core.store import Store, load_run_folder
from mmalign_core.store.collections import read_collection
from mmalign_core.store.ownership import CHECKSUMS, file_digest
from mmalign_core.types import EmbeddingSet, MediaTable


def in_first_format(folder: Path, media: MediaTable, sets: dict[str, dict[str, EmbeddingSet]]) -> None:
    """Turn a folder that was just saved into what the first format would have written."""
    for head in folder.rglob("*.json"):
        words = json.loads(head.read_text())
        if isinstance(words, dict) and words.get("format") == 2:
            head.write_text(json.dumps(words | {"format": 1}))
    for table in folder.rglob("media.parquet"):
        table.with_suffix(".json").write_text(json.dumps([astuple(medium) for medium in media]))
        table.unlink()
    for place, held in sets.items():
        described = json.loads((folder / place / "sets.json").read_text())
        for number, (key, words) in enumerate(described):
            words |= {"ids": list(held[key].ids), "keys": list(held[key].keys)}
            (folder / place / f"{number}.parquet").unlink()
        (folder / place / "sets.json").write_text(json.dumps(described))
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != CHECKSUMS]
    listed = {path.relative_to(folder).as_posix(): file_digest(path) for path in files}
    (folder / CHECKSUMS).write_text(json.dumps(listed))


def test_a_run_of_the_first_format_opens(tmp_path: Path) -> None:
    record = run_record(["a", "b", "犬"])
    folder = Store(tmp_path).save_run(record)
    own = record.collection
    in_first_format(folder, own.table, {"space": dict(record.space), "collection/vectors": dict(own.vectors)})
    assert (folder / "collection" / "media.json").is_file() and not list((folder / "space").glob("*.parquet"))
    assert_same_run(record, load_run_folder(folder))


def test_a_collection_of_the_first_format_opens_and_is_replaced(tmp_path: Path) -> None:
    whole, store = collection(["a", "b", "犬"]), Store(tmp_path)
    folder = store.save_collection(whole)
    in_first_format(folder, whole.table, {"vectors": dict(whole.vectors)})
    assert_same_collection(read_collection(folder), whole)
    assert store.save_collection(whole) == folder
    assert (folder / "media.parquet").is_file() and not (folder / "media.json").exists()

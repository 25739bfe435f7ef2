"""Encoding a collection: once, kept when cancelled, and never what a file no longer holds."""

from pathlib import Path

import pytest

from mmalign_core.store import Store
from mmalign_core.store.collections import read_collection
from mmalign_core.types import Cancelled, Collection
from mmalign_core.workflow import (
    Encoding,
    encode,
    open_collection,
)
from tests.sample_files import png


def test_the_second_encoding_encodes_nothing(demo: Collection, demo_encoding: Encoding, store: Store) -> None:
    again = encode(demo, store=store).report(len(demo.ids))
    assert (
        again["encoded"] == 0
        and again["reused"] == demo_encoding.report(0)["encoded"] + demo_encoding.report(0)["reused"]
    )
    assert {m: s.digest for m, s in encode(demo, store=store).sets.items()} == {
        m: s.digest for m, s in demo_encoding.sets.items()
    }


def test_what_was_encoded_is_a_collection_of_the_store(demo: Collection, demo_encoding: Encoding, store: Store) -> None:
    assert demo.digest in {kept.digest for kept in store.list_collections()}
    assert read_collection(store.root / "collections" / demo.digest).media == demo.media


def test_a_cancelled_encoding_keeps_what_was_done(demo: Collection, tmp_path: Path) -> None:
    texts = Collection("texts", demo.items, demo.media_of("text"))

    def stop(fraction: float, message: str) -> None:
        if fraction > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled):
        encode(texts, store=Store(tmp_path), progress=stop)
    rest = encode(texts, store=Store(tmp_path)).by_modality["text"]
    assert rest["reused"] > 0 and rest["encoded"] > 0


def test_a_file_that_changes_after_reading_is_never_kept_as_what_it_was(tmp_path: Path) -> None:
    """Its vector would stand for the earlier content in every later run."""
    store = Store(tmp_path / "store")
    for name, content in {"a.png": png(0), "b.png": png(1), "c.png": png(2)}.items():
        (tmp_path / name).write_bytes(content)
    collection = open_collection(tmp_path)
    (tmp_path / "a.png").write_bytes(png(3))
    (tmp_path / "b.png").unlink()
    encoding = encode(collection, store=store)
    assert encoding.sets["image"].ids == ("c",)
    reasons = {s.id: s.reason for s in encoding.skipped}
    assert "has changed since the collection was read" in reasons["a"] and "cannot be opened" in reasons["b"]
    assert encode(open_collection(tmp_path), store=store).by_modality["image"] == {"encoded": 1, "reused": 1}

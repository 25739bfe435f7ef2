"""Columns stand for what they replace: tuples of texts, media one by one, and tables read cell by cell."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.data import inspect_collection, read_collection
from mmalign_core.data.columnar.parts import table_columns
from mmalign_core.data.duplicates import normalised_text, normalised_texts
from mmalign_core.settings import Settings
from mmalign_core.store.folders import plain
from mmalign_core.types import (
    Collection,
    EmbeddingSet,
    Media,
    MediaTable,
    Strings,
    digest_bytes,
    digest_frame,
    digest_json,
)
from mmalign_core.types import media as media_module
from mmalign_core.types import strings as strings_module
from mmalign_core.types.digests import digest_rows, json_rows, json_texts

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), max_size=8)


@given(TEXTS, TEXTS)
def test_strings_are_read_as_a_tuple_is(texts: list[str], wanted: list[str]) -> None:
    whole = Strings(texts)
    assert whole == tuple(texts) and list(whole) == texts and len(whole) == len(texts)
    assert [whole[i] for i in range(-len(texts), len(texts))] == texts * 2
    assert whole[1:3] == texts[1:3] and whole[::-2] == texts[::-2]
    assert copy.deepcopy(whole[1:]) == texts[1:]
    assert whole + tuple(wanted) == texts + wanted and tuple(wanted) + whole == wanted + texts
    assert whole * 2 == texts * 2
    assert hash(whole) == hash(tuple(texts))
    assert json.loads(json.dumps(whole, default=plain)) == texts == whole.tolist()
    places = [texts.index(w) if w in texts else -1 for w in wanted]
    assert whole.places_of(wanted).tolist() == places and [w in whole for w in wanted] == [p >= 0 for p in places]
    assert whole.firsts().tolist() == [texts.index(t) for t in texts]
    assert whole.among(wanted).tolist() == [t in wanted for t in texts]
    with pytest.raises(IndexError):
        whole[len(texts)]


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=4)), max_size=6))
def test_columns_are_written_to_the_bytes_that_json_writes(texts: list[str | None]) -> None:
    assert json_texts(pa.array(texts, pa.large_string())) == json.dumps(texts).encode()
    known = [t or "" for t in texts]
    rows = [[a, b] for a, b in zip(known, reversed(known))]
    written = json_rows(Strings(known), Strings(known[::-1]))
    assert written == json.dumps(rows, ensure_ascii=False).encode()


def test_digests_are_those_of_the_objects_that_columns_replace() -> None:
    media = (
        Media("a", "text", "1", text="x"),
        Media("é", "image", "2", path="p.png"),
        Media('"', "text", "3", text="y"),
    )
    items = pd.DataFrame({"kind": ["u", None, "v"], "n": [1, 2, 3]}, index=pd.Index(["a", "é", '"'], name="id"))
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    rows = EmbeddingSet("text", ("a", "é", '"'), ("1", "2", "3"), vectors, "given@1")
    head = json.dumps(["text", "given@1", ["a", "é", '"'], ["1", "2", "3"], [3, 2]]).encode()
    assert rows.digest == digest_bytes(head, vectors.tobytes())
    assert list(digest_rows(vectors)) == [digest_bytes(row.tobytes()) for row in vectors]
    listed = [[m.item, m.modality, m.digest] for m in media]
    expected = digest_json([listed, [["text", rows.digest]], digest_frame(items), ""])
    assert Collection("c", items, media, vectors={"text": rows}).digest == expected
    as_objects = items.set_axis(pd.Index(items.index.tolist(), dtype=object, name="id")).astype({"kind": object})
    assert digest_frame(as_objects) == digest_frame(items)


def test_media_are_columns_and_come_back_as_they_were() -> None:
    texts = [Media(f"i{n}", "text", f"d{n}", text=f"t{n}") for n in range(5)]
    pictures = [Media(f"i{n}", "image", f"p{n}", path=f"/x/{n}\udcff.png") for n in range(4)]
    media = [medium for pair in zip(texts, pictures) for medium in pair] + texts[4:]
    table = MediaTable.of(media)
    assert table == media and list(table) == media and table[-1] == media[-1] and table[2:4] == media[2:4]
    assert table.counts == {"text": 5, "image": 4} and table.of_modality("image") == [m for m in media if m.path]
    assert media[3] in table and Media("i1", "image", "p1") not in table and not table.of_modality("audio")
    moved = table.at_places(lambda m: f"/y/{m.digest}")
    assert [m.path for m in moved] == [m.path and f"/y/{m.digest}" for m in media]


@settings(max_examples=60)
@given(st.lists(st.text(st.sampled_from("aB1 .,_-!\n\0éЖＣ🐈\u0301"), max_size=6), max_size=8))
def test_texts_are_normalised_by_columns_as_one_by_one(texts: list[str]) -> None:
    column = pa.array(["before", *texts], pa.large_string()).slice(1)
    assert list(normalised_texts(column)) == [normalised_text(text) for text in texts]


def odd_columns() -> dict[str, list[Any]]:
    vectors: list[Any] = [[float(n), 1.0, 2.0] for n in range(10)]
    vectors[2], vectors[5], vectors[7] = None, [1.0, 2.0], [float("nan"), 1.0, 2.0]
    texts = ["A cat.", " a dog ", "", None, "\u3000", "\ufeffbom", "\u200b", "🐈", "x" * 30, "猫"]
    return {
        "id": ["a", " b ", "c", None, "e", "a", "g", "h", "", "j"],
        "text": texts,
        "image_vector": vectors,
        "price": [1.5, 2.0, None, 3.0, -0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        "year": ["1939", "2001", None, "7", "8", "9", "1", "2", "3", "4"],
        "code": ["007", "1", "x", None, " y ", "", "1", "2", "3", "4"],
        "good": ["true", "False", None, "true", "true", "true", "true", "true", "true", "true"],
    }


def test_a_table_is_read_by_columns_as_it_is_cell_by_cell(tmp_path: Path) -> None:
    columns = odd_columns()
    for name in ("arrow", "lines"):
        (tmp_path / name).mkdir()
    pq.write_table(pa.table(columns), tmp_path / "arrow" / "manifest.parquet", row_group_size=3)
    lines = [json.dumps(dict(zip(columns, row))) for row in zip(*columns.values())]
    (tmp_path / "lines" / "manifest.jsonl").write_text("\n".join(lines))
    found = [read_collection(tmp_path / name) for name in ("arrow", "lines")]
    assert found[0].digest == found[1].digest and found[0].media == found[1].media
    reasons = [[(s.id, s.modality, s.reason.replace("jsonl", "parquet")) for s in c.skipped] for c in found]
    assert reasons[0] == reasons[1] and sum(left.count for left in found[0].skipped) > 5
    kinds = {"price": "float64", "year": "int64", "code": "str", "good": "bool"}
    assert found[0].items.dtypes.map(str).to_dict() == kinds
    assert found[0].vectors["image"].ids == ("a", "b", "e", "g", "j")
    assert found[0].vectors["image"].keys[1] == digest_bytes(found[0].vectors["image"].vectors[1].tobytes())


def test_reading_and_inspecting_texts_makes_no_medium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"Text {n}." for n in range(40)] + ["text 1", "Text 2."]
    table = {"text": texts, "image_vector": np.eye(42).tolist(), "kind": ["a", "b"] * 21}
    pq.write_table(pa.table(table), tmp_path / "items.parquet")

    def refuse(*_: Any) -> None:
        raise AssertionError("a medium was made")

    monkeypatch.setattr(media_module, "Media", refuse)
    found = inspect_collection(read_collection(tmp_path / "items.parquet"))
    assert (found.duplicates["exact"], found.duplicates["near"]) == (1, 1)
    assert found.by_modality["text"]["usable"] == 42 and found.pairs == {"image:text": 42}


def test_vectors_of_a_stored_file_stay_on_disk_and_small_own_ones_are_safe(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).random((6, 4), np.float32)
    for folder in (tmp_path / "store" / "x", tmp_path / "own"):
        folder.mkdir(parents=True)
        np.save(folder / "image_vector.npy", vectors)
        (folder / "ids.txt").write_text("\n".join("abcdef"))
    kept = Settings(root=tmp_path / "store")
    read = (read_collection(tmp_path / place, settings=kept) for place in ("store/x", "own"))
    mapped, own = (collection.vectors["image"].vectors for collection in read)
    assert isinstance(mapped.base, np.memmap) and not mapped.flags.writeable
    np.save(tmp_path / "own" / "image_vector.npy", vectors * 0)
    np.testing.assert_array_equal(own, vectors)


def test_a_table_of_ten_thousand_columns_opens_at_once(tmp_path: Path) -> None:
    """Each leaf of the schema finds its column by name, not by a walk over all of them."""
    wide = {"text": ["a", "b"], "a.b": [{"c.d": 1}, {"c.d": 2}]} | {f"dim_{n}": [0.5, 1.5] for n in range(2000)}
    pq.write_table(pa.table(wide), tmp_path / "wide.parquet")
    assert len(table_columns(tmp_path / "wide.parquet", "wide.parquet")) == 2002
    assert read_collection(tmp_path / "wide.parquet").items.shape == (2, 2001)


def test_many_texts_that_differ_need_no_table_and_those_that_do_not_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strings_module, "_MANY", 1)
    monkeypatch.setattr(strings_module, "_CHUNK", 3)
    rng = np.random.default_rng(0)
    for texts in (["", "é", "ab", "ba", "名", "b"], ["", "a", "", "b"], [str(n) for n in rng.integers(0, 50, 40)], []):
        first = [texts.index(text) for text in texts]
        assert Strings(texts).firsts().tolist() == first
        assert Strings(["x", *texts])[1:].firsts().tolist() == first
    monkeypatch.setattr(Strings, "numbered", lambda self: pytest.fail("a table was made"))
    assert Strings(["", "é", "ab", "ba"]).firsts().tolist() == [0, 1, 2, 3]


def test_a_digest_of_pieces_is_that_of_the_whole() -> None:
    assert digest_bytes([b"ab", b"", b"c"], b"d") == digest_bytes(b"abc", b"d") != digest_bytes(b"ab", b"c", b"d")

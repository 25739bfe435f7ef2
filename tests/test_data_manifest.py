"""Manifests: three formats give one collection, every row is used or reported once, wrong tables say what to do."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.data import read_collection
from mmalign_core.types import BadInput
from tests.manifests import write_csv, write_jsonl, write_parquet
from tests.sample_files import png, wav, write

WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda t: t.strip() and not t.lstrip().startswith("[")
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.one_of(st.sampled_from(["007", "7", "猫", "a b", "🐈"]), WORDS),
            "text": st.one_of(st.none(), WORDS, st.lists(WORDS, min_size=1, max_size=3)),
            "image": st.one_of(st.none(), st.sampled_from(["a.png", "b.png", "gone.png", "fake.png", "../out.png"])),
            "audio": st.one_of(st.none(), st.just("a.wav"), st.just(["a.wav", "b.wav"])),
            "year": st.one_of(st.none(), st.integers(1900, 2100)),
            "kind": st.one_of(st.none(), st.sampled_from(["x", "y y", "007", "猫"])),
        }
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    write(folder, {"in/a.png": png(), "in/b.png": png(1), "in/fake.png": "text", "in/a.wav": wav(), "in/b.wav": wav(1)})
    return write(folder, {"out.png": png(2)}) / "in"


@settings(deadline=None, max_examples=80)
@given(ROWS)
def test_formats_give_the_same_collection(media: Path, rows: list[dict[str, Any]]) -> None:
    found = []
    for writer, name in ((write_csv, "m.csv"), (write_jsonl, "m.jsonl"), (write_parquet, "m.parquet")):
        try:
            found.append(read_collection(writer(media / name, rows)))
        except BadInput as error:
            found.append(str(error).replace(name, "m"))
    if isinstance(found[0], str):
        assert all(isinstance(f, str) and "nothing usable" in f for f in found)
        return
    for other in found[1:]:
        assert other.media == found[0].media and other.ids == found[0].ids
        pd.testing.assert_frame_equal(other.items, found[0].items)
        assert [(s.id, s.modality) for s in other.skipped] == [(s.id, s.modality) for s in found[0].skipped]


@settings(deadline=None, max_examples=80)
@given(ROWS)
def test_every_row_and_cell_is_used_or_reported_once(media: Path, rows: list[dict[str, Any]]) -> None:
    rows = [*rows, {"id": "\u00a7last", "text": "x", "image": None, "audio": None, "year": None, "kind": None}]
    collection = read_collection(write_jsonl(media / "every.jsonl", rows))
    firsts: dict[str, dict[str, Any]] = {}
    for row in rows:
        firsts.setdefault(row["id"].strip(), row)
    cells = [r[m] for r in firsts.values() for m in ("text", "image", "audio") if r[m] is not None]
    wanted = sum(len(c) if isinstance(c, list) else 1 for c in cells)
    of_cells = [s for s in collection.skipped if s.modality]
    told = sum(s.count for s in of_cells)
    assert len(collection.media) + told == wanted
    bare = sum(all(r[m] is None for m in ("text", "image", "audio")) for r in firsts.values())
    assert sum(s.count for s in collection.skipped) - told == len(rows) - len(firsts) + bare
    assert set(collection.ids) | {item for s in collection.skipped for item in s.items} >= {
        i for i in firsts if i.isprintable()
    }


def test_ids_and_metadata_keep_their_meaning(tmp_path: Path) -> None:
    table = "id,text,year,code,flag,note\n007,a,1939,01,true,\n7,b,,02,false,x\n 8 ,c,1940.5,3,,\n"
    items = read_collection(write(tmp_path, {"m.csv": table}) / "m.csv").items
    assert list(items.index) == ["007", "7", "8"]
    assert items["year"].tolist()[::2] == [1939, 1940.5] and np.isnan(items["year"].iloc[1])
    assert items["code"].tolist() == ["01", "02", "3"] and items["flag"].tolist()[:2] == [True, False]
    rows = [{"id": 7, "text": "a"}, {"id": 7.0, "text": "b"}, {"id": "007", "text": "c"}, {"id": True, "text": "d"}]
    collection = read_collection(write_jsonl(tmp_path / "m.jsonl", rows))
    assert collection.ids == ("7", "007")
    assert ["taken by an earlier row" in s.reason for s in collection.skipped].count(True) == 1


def test_rows_are_numbered_where_there_is_no_id(tmp_path: Path) -> None:
    collection = read_collection(write(tmp_path, {"m.csv": 'Text,year\none,1\n\n" ",2\nthree,3\n'}) / "m.csv")
    assert collection.ids == ("1", "3") and [s.id for s in collection.skipped] == ["2"]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters(tmp_path: Path, delimiter: str) -> None:
    rows = [{"id": "a", "text": "one, two, three", "year": 3}]
    assert read_collection(write_csv(tmp_path / "m.csv", rows, delimiter)).media[0].text == "one, two, three"


def test_bad_rows_are_reported_and_the_rest_is_used(tmp_path: Path) -> None:
    lines = [b"id,text,image", b"a,good,", b"b,caf\xe9,", b"c,one,two,three", b",no id,", b"d,,missing.png"]
    lines += [
        b"a,again,",
        b"e,,https://x.org/a.png",
        b"f," + b"x" * 10_000_000 + b",",
        b"g,,/etc/../nowhere.png",
        b'h,"open,',
    ]
    (tmp_path / "m.csv").write_bytes(b"\n".join(lines))
    collection = read_collection(tmp_path / "m.csv")
    assert collection.ids == ("a",)
    found = {item: s.reason for s in collection.skipped for item in s.items}
    words = {"b": "line 3 is not UTF-8", "4": "line 4 has 4 cells", "5": "the id is empty", "d": "missing", "h": "h"}
    words |= {"a": "taken", "e": "download", "f": "10,000,000 characters", "g": "missing"}
    words = {k: v for k, v in words.items() if k != "h"} | {"11": "quotation mark that is never closed"}
    assert set(found) == set(words) and sum(s.count for s in collection.skipped) == len(words)
    for id, expected in words.items():
        assert expected in found[id] and len(found[id]) < 400


def test_bad_json_lines(tmp_path: Path) -> None:
    lines = [b'\xef\xbb\xbf{"id": "a", "text": "good"}', b"{", b"[1]", b'{"id": "b", "text": "\xff"}', b"[" * 100_000]
    lines += [
        b'{"id": "c", "text": "\\ud800"}',
        b'{"id": ["d"], "text": "x"}',
        b'{"id": "e", "text": {"a": 1}}',
        b"",
        b"{}",
    ]
    (tmp_path / "m.jsonl").write_bytes(b"\n".join(lines))
    collection = read_collection(tmp_path / "m.jsonl")
    assert collection.ids == ("a",) and sum(s.count for s in collection.skipped) == 8


def test_paths_may_be_absolute_but_not_climb(tmp_path: Path) -> None:
    write(tmp_path, {"in/a.png": png(), "out.png": png(1)})
    (tmp_path / "in" / "link.png").symlink_to(tmp_path / "out.png")
    rows = [{"id": str(i), "image": p} for i, p in enumerate(["a.png", "./a.png", str(tmp_path / "out.png")])]
    rows += [{"id": "up", "image": "../out.png"}, {"id": "link", "image": "link.png"}, {"id": "folder", "image": "."}]
    collection = read_collection(write_jsonl(tmp_path / "in" / "m.jsonl", rows))
    assert collection.ids == ("0", "1", "2")
    found = {s.id: s.reason for s in collection.skipped}
    assert (
        "leaves the folder" in found["up"] and "leaves the folder" in found["link"] and "not a file" in found["folder"]
    )


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("m.csv", "name,picture\na,b\n", "no column text, image, audio or video .*'name', 'picture'"),
        ("m.csv", "id,year\na,1\n", "no column text, image, audio or video"),
        ("m.csv", "", "holds no rows"),
        ("m.csv", "id,text\n", "holds no rows"),
        ("m.csv", "id,text,text\na,b,c\n", "two columns called 'text'"),
        ("m.csv", "id,text\na,b\n".encode("utf-16-le"), "UTF-16"),
        ("m.jsonl", "", "holds no rows"),
        ("m.jsonl", b"\xff\xd8\xff", "m.jsonl, line 1 is not UTF-8"),
        ("m.parquet", "id,text\na,b\n", "not a readable Parquet"),
        ("m.xlsx", b"PK", "not a collection"),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        read_collection(write(tmp_path, {name: content}) / name)
    assert name in str(caught.value)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=300), st.sampled_from([".csv", ".tsv", ".jsonl", ".parquet"]))
def test_any_bytes_as_a_manifest(tmp_path_factory: pytest.TempPathFactory, content: bytes, extension: str) -> None:
    path = tmp_path_factory.mktemp("any") / f"m{extension}"
    for whole in (content, b"id,text\n" + content, b'{"id": "a", "text": ' + content):
        path.write_bytes(whole)
        try:
            read_collection(path)
        except BadInput as error:
            assert "\n" not in str(error)


def test_the_development_data(shared_data: Path) -> None:
    colour = read_collection(shared_data / "fsa_color")
    assert len(colour.items) == 1615 and len(colour.media) == 3230
    assert [(s.id, s.count) for s in colour.skipped] == [("fsac/thm/2017878249.gif", 2), ("SOURCE.txt", 1)]
    sounds = read_collection(shared_data / "esc10" / "manifest.csv")
    assert len(sounds.media_of("audio")) == 398 and sounds.items["fold"].max() == 5
    captions = read_collection(shared_data / "coco_mini_ccby" / "manifest.jsonl")
    assert len(captions.items) == 51 and len(captions.media_of("text")) == 255


def test_whole_numbers_too_large_for_a_float_are_kept_as_text(tmp_path: Path) -> None:
    large = 10**400
    rows = [{"id": 1, "text": "a", "count": large}, {"id": 2, "text": "b", "count": 2}]
    collection = read_collection(write(tmp_path, {"m.jsonl": "\n".join(map(json.dumps, rows))}) / "m.jsonl")
    assert list(collection.items["count"]) == [str(large), "2"]


@pytest.mark.parametrize("data", ["", " ", "a" * 5000, "~no-such-user/data"])
def test_what_cannot_be_a_path_is_refused(data: str) -> None:
    with pytest.raises(BadInput, match="give a folder"):
        read_collection(data)

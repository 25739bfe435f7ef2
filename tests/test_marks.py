"""Marks of items and pairs: made, replaced, undone; they follow the data and never another collection."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from mmalign_core.__main__ import main
from mmalign_core.store import Store
from mmalign_core.triage.mark_replay import replay
from mmalign_core.triage.marks import MarkKind, parse_kind, parse_moment
from mmalign_core.types import BadInput, Collection, Media, digest_bytes
from mmalign_core.workflow import Choices, add_mark, align, encode, read_marks, save_run, undo_mark
from tests.given_vectors import given


def a_collection(name: str = "birds", **texts: str) -> Collection:
    """Four items with a picture and a text each; `texts`: other texts than "text of ITEM"."""
    items = list("abcd")
    media = []
    for item in items:
        text = texts.get(item, f"text of {item}")
        picture = digest_bytes(f"{texts.get('pictures', 'bird')} {item}".encode())
        media += [Media(item, "text", digest_bytes(text.encode()), text=text), Media(item, "image", picture, path=item)]
    return Collection(name, pd.DataFrame(index=items), tuple(media))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def said(collection: Collection, store: Store) -> list[tuple[str, str, bool]]:
    """(kind, item, outdated) of each current mark."""
    return [(mark.kind.value, mark.item, mark.outdated) for mark in read_marks(collection, store)]


def test_a_mark_is_read_back_as_it_was_made(store):
    birds = a_collection()
    made = add_mark(birds, store, MarkKind.ALSO_RIGHT, "a", other="b", note=" both fly\nhigh ", who="Ana")
    (found,) = read_marks(birds, Store(store.root))
    assert found == made and (found.note, found.who, found.other) == ("both fly\nhigh", "Ana", "b")
    assert parse_moment(found.when) == found.when and found.when.endswith("+00:00")
    assert add_mark(birds, store, MarkKind.RIGHT, "c").who


def test_the_latest_verdict_counts_and_undo_brings_the_one_before_back(store):
    birds = a_collection()
    for kind in (MarkKind.WRONG_PAIR, MarkKind.AMBIGUOUS, MarkKind.RIGHT):
        add_mark(birds, store, kind, "a")
    add_mark(birds, store, MarkKind.BAD_FILE, "a", modality="image")
    add_mark(birds, store, MarkKind.ALSO_RIGHT, "a", other="b")
    add_mark(birds, store, MarkKind.ALSO_RIGHT, "a", other="c")
    assert [kind for kind, _, _ in said(birds, store)] == ["right", "bad_file", "also_right", "also_right"]
    assert undo_mark(birds, store, "last").other == "c"
    right = next(mark for mark in read_marks(birds, store) if mark.kind is MarkKind.RIGHT)
    undo_mark(birds, store, right.id)
    assert [kind for kind, _, _ in said(birds, store)] == ["ambiguous", "bad_file", "also_right"]
    assert sum(entry["op"] == "mark" for entry in store.marks.read()) == 6, "nothing is taken out of the log"
    with pytest.raises(BadInput, match="no current mark"):
        undo_mark(birds, store, right.id)


def test_verdicts_on_different_media_stand_side_by_side(store):
    birds = a_collection()
    add_mark(birds, store, MarkKind.WRONG_PAIR, "a", modality="image")
    add_mark(birds, store, MarkKind.RIGHT, "a", modality="text")
    assert len(said(birds, store)) == 2
    add_mark(birds, store, MarkKind.AMBIGUOUS, "a")
    assert said(birds, store) == [("ambiguous", "a", False)]


def test_marks_survive_a_new_name_and_a_changed_file(store):
    birds = a_collection()
    for item in "ab":
        add_mark(birds, store, MarkKind.WRONG_PAIR, item)
    add_mark(birds, store, MarkKind.BAD_FILE, "a", modality="image")
    renamed = a_collection("moved elsewhere")
    assert renamed.name != birds.name and said(renamed, store) == said(birds, store)
    mended = a_collection("moved elsewhere", a="a better text")
    assert mended.digest != birds.digest
    assert said(mended, store) == [("wrong_pair", "a", True), ("wrong_pair", "b", False), ("bad_file", "a", False)]


def test_a_changed_item_of_the_same_collection_shows_its_mark_as_outdated(store):
    add_mark(a_collection(), store, MarkKind.WRONG_PAIR, "a", other="b")
    changed = a_collection(pictures="fish", a="1", b="2", c="3", d="4")
    assert said(changed, store) == [("wrong_pair", "a", True)]
    assert said(replace(changed, name="fishes"), store) == [], "another collection that calls its items alike"
    assert said(a_collection(b="only the other one changed"), store) == [("wrong_pair", "a", True)]


def test_given_vectors_are_content_too(store):
    collection, _ = given(6)
    add_mark(collection, store, MarkKind.WRONG_PAIR, "i1")
    rows = collection.vectors["text"]
    changed = replace(rows, keys=tuple(f"new {key}" for key in rows.keys))
    other = replace(collection, vectors={**collection.vectors, "text": changed}, digest="")
    assert said(collection, store) == [("wrong_pair", "i1", False)] and said(other, store) == [
        ("wrong_pair", "i1", True)
    ]


@pytest.mark.parametrize(
    ("kind", "words", "message"),
    [
        ("right", {"item": "z"}, "holds no item 'z'"),
        ("right", {"item": ""}, "no item is named"),
        ("also right", {"item": "a"}, "needs the other item"),
        ("Also-Right", {"item": "a", "other": "a"}, "its own other item"),
        ("wrong pair", {"item": "a", "other": "z"}, "holds no item 'z'"),
        ("ambiguous", {"item": "a", "other": "b"}, "leave the other item out"),
        ("BAD_FILE", {"item": "a", "modality": "audio"}, "holds no audio; it holds: text, image"),
    ],
)
def test_a_mark_that_does_not_fit_is_refused_in_one_line(store, kind, words, message):
    with pytest.raises(BadInput, match=message) as raised:
        add_mark(a_collection(), store, parse_kind(kind), words.pop("item"), **words)
    assert len(str(raised.value).splitlines()) == 1 and [*store.marks.read()] == []


def test_a_bad_file_is_the_only_file_of_its_item(store):
    assert add_mark(a_collection(), store, MarkKind.BAD_FILE, "a").modality == "image"
    collection, _ = given(6)
    two = replace(collection, vectors={**collection.vectors, "audio": collection.vectors["image"]}, digest="")
    with pytest.raises(BadInput, match="say by the modality which one is bad"):
        add_mark(two, store, MarkKind.BAD_FILE, "i1")


def test_entries_of_another_version_are_left_out(store):
    birds = a_collection()
    add_mark(birds, store, MarkKind.RIGHT, "a")
    (entry,) = store.marks.read()
    odd = [{**entry, "id": "1", "kind": "splendid"}, {**entry, "id": "2", "contents": 3}, {"op": "mark"}, {"op": 7}]
    odd += [{**entry, "id": "3", "note": 3}, {**entry, "id": "4", "contents": {"image": {"a": 1}}}]
    assert [mark.id for mark in replay([*odd, entry], birds)] == [entry["id"]]


def test_the_command_marks_undoes_and_takes_a_run_as_data(store, tmp_path, capsys):
    collection, _ = given(12)
    encoding = encode(collection, store=store)
    save_run(align(collection, encoding, Choices(aligner="as-is"), store=store), "mine", store=store)

    def marks(*argv: str):
        assert main(["marks", "mine", *argv, "--store", str(store.root), "--json", "-"]) == 0
        return json.loads(capsys.readouterr().out)

    assert marks()["marks"] == []
    made = marks("--add", "wrong pair", "--item", "i1", "--other", "i2", "--note", "swapped", "--who", "Bo")
    assert made["by_kind"]["wrong_pair"] == 1 and made["marks"][0]["who"] == "Bo"
    table = tmp_path / "marks.csv"
    marks("--export", str(table))
    assert table.read_text().splitlines()[0] == "id,mark,other,modality,note,who,when"
    marks("--export", str(table))
    assert marks("--undo", made["marks"][0]["id"])["marks"] == []
    assert marks("--import", str(table))["imported"] == 1
    (tmp_path / "own.csv").write_text("precious")
    assert main(["marks", "mine", "--store", str(store.root), "--export", str(tmp_path / "own.csv")]) == 2
    assert "was not written by this program" in capsys.readouterr().err
    assert (tmp_path / "own.csv").read_text() == "precious"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--add", "rong"], "--add rong needs --item"),
        (["--add", "rong", "--item", "i1"], "'rong' is no kind of mark"),
        (["--item", "i1"], "--item belongs to --add"),
        (["--undo", "last"], "has no marks"),
        (["--import", "nowhere.csv"], "'nowhere.csv' cannot be read"),
        (["--export", "-"], "name a file"),
    ],
)
def test_what_cannot_be_marked_is_one_line(store, argv, words, capsys):
    collection, _ = given(12)
    encoding = encode(collection, store=store)
    save_run(align(collection, encoding, Choices(aligner="as-is"), store=store), "mine", store=store)
    assert main(["marks", "mine", *argv, "--store", str(store.root)]) == 2
    out = capsys.readouterr().err
    assert words in out and len(out.splitlines()) == 1


def test_marks_of_one_moment_keep_their_order_and_unchanged_content_is_that_of_the_collection(store):
    birds = a_collection()
    made = [add_mark(birds, store, MarkKind.RIGHT, item) for item in birds.ids]
    entries = [
        {**mark.entry(), "when": made[0].when, "contents": json.loads(json.dumps(mark.contents))} for mark in made
    ]
    again = replay(entries, birds)
    assert [mark.id for mark in again] == [mark.id for mark in made] and not any(mark.outdated for mark in again)
    assert [mark.contents for mark in again] == [mark.contents for mark in made]

"""What the store holds is listed with its size and removed by name; what was asked with is not kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from store_records import collection, run_record

from mmalign_core.__main__ import main
from mmalign_core.projection import Projection
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.store.session import MOST, SessionCache
from mmalign_core.types import BadInput, digest_bytes, no_progress
from mmalign_core.workflow import Choices, QuerySpec, add_upload, align, encode, open_collection, place_part
from mmalign_core.workflow.maps.space_map import keep_map
from pages._session.uploads import open_upload
from tests.circles import write_circles

MEDIUM = digest_bytes(b"12345")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """One of each kind, and files of somebody else beside them."""
    made = Store(tmp_path / "store")
    made.save_run(run_record(["a"], "here"))
    made.save_run(run_record(["a"], "elsewhere"), tmp_path / "elsewhere")
    made.save_collection(collection(["a", "b"]))
    made.add_embeddings("one@1", ["a", "b"], np.ones((2, 3)))
    made.add_sequences("one@1", {"a": np.ones((4, 3))})
    made.add_embeddings("two@1", ["a"], np.ones((1, 3)))
    for kind in ("queries", "media"):
        (made.root / kind).mkdir()
        (made.root / kind / f"{MEDIUM}.png").write_bytes(b"12345")
        (made.root / kind / "mine.png").write_bytes(b"precious")
    return made


def result(store: Store, tmp_path: Path, *argv: str):
    """JSON of a `store` command."""
    out = tmp_path / "out.json"
    assert main(["store", *argv, "--store", str(store.root), "--json", str(out)]) == 0
    return json.loads(out.read_text())


def test_the_list_names_everything_with_its_size(store, tmp_path):
    rows = {(row["kind"], row["key"]): row for row in result(store, tmp_path, "list")}
    digest = collection(["a", "b"]).digest
    assert {kind for kind, _ in rows} == {"runs", "embeddings", "collections", "queries", "media"}
    assert ("collections", digest) in rows and ("queries", "mine.png") not in rows
    run = rows["runs", "here"]
    assert run["bytes"] == sum(p.stat().st_size for p in (store.root / "runs/here").rglob("*") if p.is_file())
    assert run["about"].startswith("procrustes of image and text in demo")
    assert rows["runs", "elsewhere"]["bytes"] == 0 and str(tmp_path / "elsewhere") in rows["runs", "elsewhere"]["about"]
    assert rows["embeddings", "one@1"]["about"] == "2 media"
    with_steps, without = rows["embeddings", "one@1"]["bytes"], rows["embeddings", "two@1"]["bytes"]
    assert with_steps > without > 0 and rows["queries", f"{MEDIUM}.png"]["bytes"] == 5
    assert [row["key"] for row in result(store, tmp_path, "list", "runs")] == [run.id for run in store.list_runs()]


def test_the_size_is_the_sum_of_the_list(store, tmp_path):
    rows, size = result(store, tmp_path, "list"), result(store, tmp_path, "size")
    assert size["bytes"] == sum(row["bytes"] for row in rows) and size["root"] == str(store.root)
    assert size["kinds"]["embeddings"]["entries"] == 2 and size["kinds"]["maps"] == {"entries": 0, "bytes": 0}


@pytest.mark.parametrize(
    ("kind", "key"),
    [("runs", "here"), ("embeddings", "one@1"), ("collections", ""), ("queries", f"{MEDIUM}.png")],
)
def test_what_is_named_is_removed_and_nothing_else(store, tmp_path, kind, key):
    key = key or collection(["a", "b"]).digest
    before = {
        (e.kind, e.key) for k in ("runs", "embeddings", "collections", "queries", "media") for e in store.entries(k)
    }
    room = next(e.bytes for e in store.entries(kind) if e.key == key)
    assert result(store, tmp_path, "remove", kind, key) == {"kind": kind, "removed": [key], "bytes": room}
    after = {
        (e.kind, e.key) for k in ("runs", "embeddings", "collections", "queries", "media") for e in store.entries(k)
    }
    assert before - after == {(kind, key)}
    assert not store.sequence_shapes("one@1", ["a"]) or kind != "embeddings"
    assert (store.root / "queries" / "mine.png").read_bytes() == b"precious"


def test_all_of_a_kind_goes_and_files_of_others_stay(store, tmp_path):
    assert len(result(store, tmp_path, "remove", "runs", "--all")["removed"]) == 2
    assert not store.list_runs() and (tmp_path / "elsewhere" / "run.json").is_file()
    result(store, tmp_path, "remove", "media", "--all")
    assert [p.name for p in (store.root / "media").iterdir()] == ["mine.png"]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["remove", "runs"], "name the keys to remove"),
        (["remove"], "name the keys to remove"),
        (["remove", "runs", "here", "--all"], "name the keys to remove"),
        (["remove", "runs", "here", "gone"], "no runs 'gone'"),
        (["remove", "queries", "mine.png"], "no queries 'mine.png'"),
        (["remove", "queries", "../collections"], "no queries '../collections'"),
        (["list", "models"], "keeps no 'models'"),
        (["size", "runs", "here"], "takes no keys"),
        (["list", "--all"], "takes no keys"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_removes_nothing(store, argv, words, capsys):
    assert main(["store", *argv, "--store", str(store.root)]) == 2
    said = capsys.readouterr().err
    assert words in said and len(said.splitlines()) == 1
    assert {run.id for run in store.list_runs()} == {"here", "elsewhere"}


FOREIGN = [
    ("uploads", "0" * 32, {"thesis.txt": "precious"}),
    ("media", "archive-" + "0" * 32, {"thesis.txt": "precious"}),
    ("media", "0" * 32, {"thesis.txt": "precious"}),
    ("queries", "0" * 32, {"thesis.txt": "precious"}),
    ("media", "0" * 32 + ".txt", "precious"),
    ("queries", "0" * 32 + ".txt", "precious"),
    ("uploads", "0" * 32, "precious"),
    ("maps", "0" * 32 + ".safetensors", "precious"),
]


@pytest.mark.parametrize(("kind", "key", "content"), FOREIGN)
def test_what_only_has_a_name_of_ours_is_not_removed(tmp_path, kind, key, content, capsys):
    path = tmp_path / "store" / kind / key
    path.parent.mkdir(parents=True)
    if isinstance(content, dict):
        path.mkdir()
        path = path / "thesis.txt"
    path.write_text("precious")
    assert main(["store", "remove", kind, key, "--store", str(tmp_path / "store")]) == 2
    said = capsys.readouterr().err
    assert "is not deleted" in said and "yourself" in said and len(said.splitlines()) == 1
    assert path.read_text() == "precious"


def test_uploads_archives_and_maps_are_removed_unless_a_file_of_others_lies_in_them(tmp_path, capsys):
    settings, store = Settings(root=tmp_path / "store"), Store(tmp_path / "store")
    archive = tmp_path / "own.zip"
    with ZipFile(archive, "w") as file:
        file.writestr("texts/a.txt", "a dog")
        file.writestr("texts/b.txt", "a cat")
    digest = add_upload(store.root / "uploads", [("own.zip", archive.read_bytes()), ("c.txt", b"a bird")])
    folder = store.root / "uploads" / digest
    open_upload(folder, settings=replace(settings, scratch=folder), progress=no_progress)
    open_upload(folder, settings=settings, progress=no_progress)
    keep_map(store.root, "0" * 32, Projection(np.zeros((2, 2), np.float32), {}, 0, 1.0, 1.0, 2, 1, 0.0))
    for kind, holds in (("uploads", True), ("media", True), ("maps", False)):
        for entry in store.entries(kind):
            path = store.root / kind / entry.key
            if holds and path.is_dir():
                (path / "notes.txt").write_text("precious")
                assert main(["store", "remove", kind, entry.key, "--store", str(store.root)]) == 2
                assert "'notes.txt' is not as this program wrote it" in capsys.readouterr().err
                assert (path / "notes.txt").read_text() == "precious" and len(list(path.iterdir())) > 1
                (path / "notes.txt").unlink()
        store.remove(kind, [entry.key for entry in store.entries(kind)])
        assert not list((store.root / kind).iterdir())


def test_a_session_answers_as_the_store_does_and_writes_nothing(tmp_path):
    store, session = Store(tmp_path / "store"), SessionCache()
    rng = np.random.default_rng(0)
    vectors, posterior = rng.standard_normal((3, 4), np.float32), rng.random((3, 2), np.float32)
    steps = {digest: rng.standard_normal((n + 1, 4)).astype(np.float16) for n, digest in enumerate("abc")}
    for cache in (store, session):
        assert not len(cache.embeddings("k", ["a"]).rows) and cache.sequence_shapes("k", ["a"]) == {}
        cache.add_embeddings("k", list("abc"), vectors, posterior)
        cache.add_sequences("k", steps)
    kept, remembered = (cache.embeddings("k", ["c", "x", "a"]) for cache in (store, session))
    for ours, theirs in zip(remembered, kept):
        np.testing.assert_array_equal(ours, theirs)
    assert session.sequence_shapes("k", ["x", "b"]) == store.sequence_shapes("k", ["x", "b"]) == {"b": (2, 4)}
    for name in ("values", "lengths"):
        ours, theirs = (getattr(cache.sequences("k", ["c", "a"]), name) for cache in (session, store))
        np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(BadInput, match="run the query again"):
        session.sequences("k", ["a", "x"])
    session.add_embeddings("k", [str(n) for n in range(MOST)], np.ones((MOST, 4)))
    assert not len(session.embeddings("k", ["a"]).rows)


def test_what_was_asked_with_is_not_kept(tmp_path):
    (tmp_path / "data").mkdir()
    write_circles(tmp_path / "data", {})
    store = Store(tmp_path / "store")
    circles = open_collection(str(tmp_path / "data"))
    choices = Choices(pair=("image", "text"), aligner="bridge")
    run = align(circles, encode(circles, store=store), choices, store=store)
    picture = next(medium.path for medium in circles.media if medium.modality == "image")
    first = place_part(run, QuerySpec.of(text="a red circle far away"), store=store)
    before = {path for path in store.root.rglob("*") if path.is_file()}, store.size()
    for query in (
        QuerySpec.of(text="something nobody wrote, at all"),
        QuerySpec.of(image=str(picture)),
        QuerySpec.of(text="another one"),
    ):
        place_part(run, query, store=store)
    assert ({path for path in store.root.rglob("*") if path.is_file()}, store.size()) == before
    again = place_part(run, QuerySpec.of(text="a red circle far away"), store=store)
    np.testing.assert_array_equal(again.vectors, first.vectors)
    texts = {medium.digest for medium in circles.media if medium.modality == "text"}
    assert store.session.embeddings(run.encoders["text"], [first.keys[0]]).rows.tolist() == [0]
    assert first.keys[0] not in texts

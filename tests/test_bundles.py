"""A run as one file: it comes back whole, with its marks and media, and names that are taken are kept."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from given_vectors import given
from store_records import assert_same_collection, assert_same_set

from mmalign_core.__main__ import main
from mmalign_core.store import Store
from mmalign_core.store.bundle_files import MANIFEST
from mmalign_core.store.serialization import read_sets, write_sets
from mmalign_core.types import BadInput
from mmalign_core.types.embeddings import Pivots
from mmalign_core.types.sequences import as_sequences
from mmalign_core.workflow import (
    MarkKind,
    QuerySpec,
    add_mark,
    answer,
    import_marks,
    load_run,
    read_marks,
)
from mmalign_core.workflow.bundles import open_bundle
from mmalign_core.workflow.error_analysis.refit import aligner_inputs
from tests.bundled_runs import packed, plain_zip


def test_the_same_run_makes_the_same_bytes(workplace: Path, here: Store, media_zip: Path) -> None:
    again = packed("media", workplace / "again.zip", here, media=True)
    assert again.read_bytes() == media_zip.read_bytes()
    with zipfile.ZipFile(again) as archive:
        assert archive.namelist()[0] == MANIFEST
        manifest = json.loads(archive.read(MANIFEST))
        for name, listed in manifest["members"].items():
            assert sha256(archive.read(name)).hexdigest() == listed["sha256"]
        assert not any(name.endswith((".pkl", ".pickle", ".npy", ".pt")) for name in archive.namelist())
        whole = b"".join(archive.read(name) for name in archive.namelist())
    assert str(here.root).encode() not in whole and str(Path.home()).encode() not in whole


def test_a_run_comes_back_without_its_data_and_makes_the_same_bundle(
    tmp_path: Path, here: Store, media_zip: Path
) -> None:
    elsewhere = Store(tmp_path / "store")
    folder = open_bundle(media_zip, store=elsewhere)
    first, opened = here.load_run("media"), elsewhere.load_run("media")
    for modality, rows in first.space.items():
        assert_same_set(rows, opened.space[modality])
    assert first.report == opened.report and first.created == opened.created
    assert first.collection.digest == opened.collection.digest
    for one, other in zip(first.collection.media, opened.collection.media, strict=True):
        assert (one.item, one.modality, one.digest, one.text) == (other.item, other.modality, other.digest, other.text)
        if one.path:
            assert Path(other.path or "").is_relative_to(folder)
            assert Path(other.path or "").read_bytes() == Path(one.path).read_bytes()
    again = packed("media", tmp_path / "again.zip", elsewhere, media=True)
    assert again.read_bytes() == media_zip.read_bytes()
    moved = folder.rename(tmp_path / "moved")
    assert all(Path(m.path or "").is_file() for m in load_run(str(moved), store=elsewhere).collection.media_of("image"))


def test_an_opened_run_works_without_media(tmp_path: Path, workplace: Path, here: Store, media_zip: Path) -> None:
    small = packed("media", workplace / "small.zip", here)
    assert small.stat().st_size < media_zip.stat().st_size
    elsewhere = Store(tmp_path / "store")
    open_bundle(small, "mine", store=elsewhere)
    run = load_run("mine", store=elsewhere)
    found = answer(run, QuerySpec.of(text="a dog", k=3), store=elsewhere)
    known = answer(load_run("media", store=here), QuerySpec.of(text="a dog", k=3), store=here)
    assert [item.id for item in found.results] == [item.id for item in known.results]
    sets = aligner_inputs(run, store=elsewhere)
    for modality, rows in aligner_inputs(load_run("media", store=here), store=here).items():
        assert_same_set(rows, sets[modality])


def test_marks_go_along_and_can_be_imported_elsewhere(tmp_path: Path, workplace: Path, vectors_zip: Path) -> None:
    elsewhere = Store(tmp_path / "store")
    open_bundle(vectors_zip, "run", store=elsewhere)
    collection = load_run("run", store=elsewhere).collection
    add_mark(collection, elsewhere, MarkKind.WRONG_PAIR, "i3", note="ß\n<b>", who="me")
    with zipfile.ZipFile(packed("run", tmp_path / "marked.zip", elsewhere)) as archive:
        (tmp_path / "marks.jsonl").write_bytes(archive.read("marks.jsonl"))
    third = Store(tmp_path / "third")
    assert not import_marks(collection, third, tmp_path / "marks.jsonl").rejected
    (mark,) = read_marks(collection, third)
    assert (mark.item, mark.kind, mark.note.split(), mark.who) == ("i3", MarkKind.WRONG_PAIR, ["ß", "<b>"], "me")


def test_an_opened_run_has_its_marks_once(tmp_path: Path, here: Store, vectors_zip: Path) -> None:
    own, other = Store(tmp_path / "own"), Store(tmp_path / "other")
    open_bundle(vectors_zip, "run", store=own)
    add_mark(load_run("run", store=own).collection, own, MarkKind.WRONG_PAIR, "i3", note="=1", who="me")
    bundle = packed("run", tmp_path / "marked.zip", own)
    for name in ("first", "second"):
        open_bundle(bundle, name, store=other)
        (mark,) = read_marks(load_run(name, store=other).collection, other)
        assert (mark.item, mark.note, mark.who, mark.outdated) == ("i3", "=1", "me", False)


def test_a_name_that_is_taken_is_not_replaced_unasked(here: Store, vectors_zip: Path) -> None:
    with pytest.raises(BadInput, match="holds a run 'vectors' already; name another with --save"):
        open_bundle(vectors_zip, store=here)
    open_bundle(vectors_zip, "another", store=here)
    assert_same_collection(here.load_run("another").collection, here.load_run("vectors").collection)


def test_sequences_and_linking_texts_are_kept(tmp_path: Path) -> None:
    rows = given(3)[1].sets["text"]
    steps = as_sequences([np.ones((n + 1, 2), np.float16) * n for n in range(3)])
    pivots = Pivots(("a", "b"), (frozenset({"i0", "i1"}), frozenset()), np.eye(2, 8, dtype=np.float32))
    write_sets(tmp_path / "sets", {"text": replace(rows, sequences=steps, pivots=pivots)})
    found = read_sets(tmp_path / "sets")["text"]
    assert found.sequences is not None and found.pivots is not None
    assert [found.sequences[row].tolist() for row in range(3)] == [steps[row].tolist() for row in range(3)]
    assert (found.pivots.texts, found.pivots.owners) == (pivots.texts, pivots.owners)
    assert found.pivots.vectors.tobytes() == pivots.vectors.tobytes()


def test_the_commands_work_on_their_own_files_alone(
    tmp_path: Path, here: Store, vectors_zip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, store = tmp_path / "new" / "run.zip", ["--store", str(here.root)]
    for _ in range(2):
        assert main(["bundle", "vectors", "--out", str(out), *store, "--json", str(tmp_path / "b.json")]) == 0
        assert main(["verify", str(out), *store, "--json", str(tmp_path / "v.json")]) == 0
        argv = ["open", str(out), "--save", str(tmp_path / "run"), *store]
        assert main([*argv, "--json", str(tmp_path / "o.json")]) == 0
    assert json.loads((tmp_path / "v.json").read_text())["verified"] is True
    assert out.read_bytes() == vectors_zip.read_bytes()
    mine = plain_zip(tmp_path / "mine.zip", ("thesis.txt", b"precious"))
    capsys.readouterr()
    assert main(["bundle", "vectors", "--out", str(mine), *store]) == 2
    assert "was not written by this program" in capsys.readouterr().err
    assert main(["bundle", "vectors", "--out", str(tmp_path / "b"), *store]) == 2
    assert main(["open", str(tmp_path / "absent.zip"), *store]) == 2
    assert "there is no file" in capsys.readouterr().err

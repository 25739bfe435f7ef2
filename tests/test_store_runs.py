"""Collections and runs come back as they were, and a damaged or half-written one never passes for a whole one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from store_records import (
    CELLS,
    WORDS,
    assert_same_collection,
    assert_same_run,
    collection,
    run_record,
)

from mmalign_core.store import Store, load_run_folder, new_run_id, save_run_folder
from mmalign_core.store.collections import read_collection
from mmalign_core.types import BadInput, Collection, Media, digest_bytes


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@settings(max_examples=40, deadline=None)
@given(data=st.data(), ids=st.lists(WORDS, max_size=5, unique=True))
def test_any_metadata_and_ids_come_back(tmp_path_factory, data, ids):
    names = data.draw(st.lists(WORDS, max_size=3, unique=True))
    columns = {
        n: pd.Series(data.draw(st.lists(CELLS, min_size=len(ids), max_size=len(ids))), dtype=object) for n in names
    }
    items = (
        pd.DataFrame(columns).set_axis(pd.Index(ids, dtype="str"), axis=0)
        if names
        else pd.DataFrame(index=pd.Index(ids, dtype="str"))
    )
    whole = Collection("any", items, tuple(Media(i, "text", digest_bytes(i.encode()), text=i) for i in ids))
    store = Store(tmp_path_factory.mktemp("any"))
    loaded = read_collection(store.save_collection(whole))
    assert loaded.ids == whole.ids and loaded.media == whole.media
    pd.testing.assert_frame_equal(loaded.items, whole.items, check_column_type=bool(names))
    assert replace(loaded, digest="").digest == whole.digest


@settings(max_examples=30, deadline=None)
@given(
    state=st.dictionaries(
        WORDS.filter(lambda name: name != "__metadata__"),
        hnp.arrays(
            st.sampled_from(["<f4", ">f4", "<f8", "<f2", "<i8", "<i4", "|u1", "|b1"]),
            hnp.array_shapes(min_dims=0, min_side=0, max_dims=3),
        ),
        max_size=4,
    )
)
def test_any_state_comes_back(tmp_path_factory, state):
    folder = tmp_path_factory.mktemp("state") / "run"
    save_run_folder(replace(run_record(["a"]), state=state), folder)
    loaded = load_run_folder(folder).state
    assert set(loaded) == set(state)
    for name, array in state.items():
        assert loaded[name].shape == array.shape and loaded[name].dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(loaded[name], array)


def test_a_collection_with_everything_comes_back(store):
    whole = collection(["a", "ß/..", "\U0001f3b7", "", "日本"])
    loaded = read_collection(store.save_collection(whole))
    assert_same_collection(loaded, whole)
    assert replace(loaded, digest="").digest == whole.digest
    ((digest, name, items, media),) = store.list_collections()
    assert (digest, name, items, media) == (whole.digest, "demo", 5, {"text": 5, "image": 5, "audio": 5})


def test_a_moved_collection_replaces_its_old_paths(store):
    whole = collection(["a"])
    moved = replace(whole, media=tuple(replace(m, path="/elsewhere") for m in whole.media))
    for version in (whole, whole, moved):
        folder = store.save_collection(version)
    assert read_collection(folder).media == moved.media
    assert [p.name for p in (store.root / "collections").iterdir()] == [whole.digest]


def test_a_run_comes_back_from_the_store_and_from_a_folder(store, tmp_path):
    record, elsewhere = run_record(["a", "b"]), run_record(["c"], "run-2", seed=5)
    store.save_run(record)
    store.save_run(elsewhere, tmp_path / "out" / "mine")
    assert_same_run(record, store.load_run("run-1"))
    assert_same_run(elsewhere, store.load_run("run-2"))
    assert_same_run(elsewhere, store.load_run(tmp_path / "out" / "mine"))
    moved = shutil.move(tmp_path / "out" / "mine", tmp_path / "moved")
    shutil.rmtree(store.root)
    assert_same_run(elsewhere, load_run_folder(moved))


def test_runs_are_listed_newest_first_with_their_metrics(store, tmp_path):
    for i in range(3):
        store.save_run(replace(run_record(["a"], f"run-{i}", seed=i), created=f"2030-01-0{i + 1}T00:00:00+00:00"))
    store.save_run(replace(run_record(["a"], "run-1", seed=9), created="2030-01-09T00:00:00+00:00"))
    save_run_folder(run_record(["a"], "unlisted"), store.root / "runs" / "unlisted")  # killed before listing it
    store.save_run(replace(run_record(["a"], "gone"), created="2040"), tmp_path / "gone")
    shutil.rmtree(tmp_path / "gone")
    runs = store.list_runs()
    assert [(run.id, run.seed) for run in runs] == [("run-1", 9), ("run-2", 2), ("run-0", 0), ("unlisted", 0)]
    assert runs[0].report["metrics"]["image->text"]["recall@1"] == 0.5 and runs[0].collection_name == "demo"
    assert runs[0].params == {"dim": 4, "centre": True, "name": "ü"} and runs[0].pair == ("image", "text")
    store.remove_run("run-1")
    assert [run.id for run in store.list_runs()] == ["run-2", "run-0", "unlisted"]
    with pytest.raises(BadInput, match=r"no run 'run-1'.*did you mean 'run-"):
        store.load_run("run-1")


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a\\b", "x" * 200, "a\nb", "/abs"])
def test_a_name_never_leaves_the_store(store, name):
    with pytest.raises(BadInput):
        store.save_run(run_record(["a"], name))
    with pytest.raises(BadInput):
        store.load_run(name)
    with pytest.raises(BadInput):
        store.remove_run(name)
    with pytest.raises(BadInput):
        store.remove_collection(name)
    assert not store.root.exists()


def test_fresh_ids_are_valid_and_differ(store):
    ids = [new_run_id("Sinkhorn / OT é") for _ in range(20)]
    assert len(set(ids)) == 20
    store.save_run(run_record(["a"], ids[0]))
    assert store.load_run(ids[0]).id == ids[0]


def test_saving_never_deletes_what_is_not_a_run(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    (tmp_path / "file").write_text("precious")
    for name in ("mine", "file"):
        with pytest.raises(BadInput, match="holds something else; give a new folder"):
            save_run_folder(run_record(["a"]), tmp_path / name)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == (tmp_path / "file").read_text() == "precious"
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(BadInput, match="cannot write"):
        save_run_folder(run_record(["a"]), tmp_path / "file" / "below")
    with pytest.raises(BadInput, match="holds no run"):
        load_run_folder(tmp_path / "mine")


def test_state_of_words_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(BadInput, match="the array 'labels' is of type <U1"):
        save_run_folder(replace(run_record(["a"]), state={"labels": np.array(["a"])}), tmp_path / "run")
    assert not list(tmp_path.iterdir())

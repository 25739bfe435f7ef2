"""Collections and runs come back as they were, and a damaged or half-written one never passes for a whole one."""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mmalign_core.store import RunRecord, Store, load_run_folder, new_run_id, save_run_folder
from mmalign_core.types import BadInput, Collection, Concepts, EmbeddingSet, Media, Skipped, digest_bytes

REPOSITORY = Path(__file__).parents[1]
WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
CELLS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)


def embedding_set(modality: str, ids: list[str], seed: int = 0, concepts: bool = False) -> EmbeddingSet:
    rng = np.random.default_rng(seed)
    seen = Concepts(("bell", "犬"), rng.random((len(ids), 2), np.float32), rng.random((2, 3), np.float32))
    vectors = rng.standard_normal((len(ids), 4), dtype=np.float32)
    keys = tuple(digest_bytes(i.encode()) for i in ids)
    return EmbeddingSet(modality, tuple(ids), keys, vectors, "toy@1", seen if concepts else None)


def collection(ids: list[str], seed: int = 0) -> Collection:
    count = len(ids)
    items = pd.DataFrame(
        {
            "title": [f"Bild {i} \U0001f989" for i in range(count)],
            "tags": [["a", "b"][: i % 3] or None for i in range(count)],
            "year": np.arange(count) + 1990,
            "price": [math.nan if i % 2 else i / 3 for i in range(count)],
            "kind": pd.Categorical(["x", "y"] * count)[:count],
            "seen": pd.date_range("2020-01-01", periods=count, tz="UTC"),
            "stock": pd.array([None if i % 2 else i for i in range(count)], dtype="Int64"),
            "mixed": [[1, "1", None, {"k": [2.5]}][i % 4] for i in range(count)],
        },
        index=pd.Index(ids, dtype="str", name="id"),
    )
    media = [Media(i, "text", digest_bytes(i.encode()), text=f"text of {i}") for i in ids]
    media += [Media(i, "image", digest_bytes(b"p", i.encode()), path=f"/pictures/{i}\udcff.png") for i in ids]
    users = pd.DataFrame({"user_id": ["u"] * count, "item_id": ids, "rating": np.linspace(1, 5, count)})
    given_vectors = {"audio": embedding_set("audio", ids, seed, concepts=True)}
    skipped = (Skipped("böse", "image", "cannot be decoded", "böse.png"),)
    return Collection("demo", items, tuple(media), skipped, given_vectors, users, "photos: somebody, CC BY")


def run_record(ids: list[str], run_id: str = "run-1", seed: int = 0) -> RunRecord:
    rng = np.random.default_rng(seed)
    return RunRecord(
        id=run_id,
        pair=("image", "text"),
        aligner="procrustes",
        params={"dim": 4, "centre": True, "name": "ü"},
        seed=seed,
        similarity="cosine",
        correction="csls",
        matcher="argmax",
        encoders={"image": "lite@1", "text": "use@3#ab"},
        report={"metrics": {"image->text": {"recall@1": 0.5, "median_rank": np.float32(2)}}, "nan": math.nan},
        collection=collection(ids, seed),
        space={"image": embedding_set("image", ids, seed), "text": embedding_set("text", [*ids, *ids], seed + 1, True)},
        state={"rotation": rng.random((4, 4)), "mean/image": rng.random(4).astype(np.float16), "n": np.array(3)},
    )


def assert_same_set(a: EmbeddingSet, b: EmbeddingSet) -> None:
    assert (a.modality, a.ids, a.keys, a.encoder, a.digest) == (b.modality, b.ids, b.keys, b.encoder, b.digest)
    assert a.vectors.tobytes() == b.vectors.tobytes() and a.vectors.shape == b.vectors.shape
    assert (a.concepts is None) == (b.concepts is None)
    if a.concepts is not None and b.concepts is not None:
        assert a.concepts.labels == b.concepts.labels
        np.testing.assert_array_equal(a.concepts.posterior, b.concepts.posterior)
        np.testing.assert_array_equal(a.concepts.vectors, b.concepts.vectors)  # type: ignore[arg-type]


def assert_same_collection(a: Collection, b: Collection) -> None:
    assert (a.name, a.media, a.skipped, a.attribution, a.digest) == (
        b.name,
        b.media,
        b.skipped,
        b.attribution,
        b.digest,
    )
    pd.testing.assert_frame_equal(a.items, b.items)
    if a.interactions is None or b.interactions is None:
        assert a.interactions is b.interactions
    else:
        pd.testing.assert_frame_equal(a.interactions, b.interactions)
    assert list(a.vectors) == list(b.vectors)
    for name in a.vectors:
        assert_same_set(a.vectors[name], b.vectors[name])


def assert_same_run(a: RunRecord, b: RunRecord) -> None:
    plain = json.loads(json.dumps(a.head(), default=lambda v: v.tolist()))
    assert json.dumps(plain) == json.dumps(b.head()) and b.pair == a.pair
    assert_same_collection(a.collection, b.collection)
    assert list(a.space) == list(b.space) and set(a.state) == set(b.state)
    for name in a.space:
        assert_same_set(a.space[name], b.space[name])
    for name, array in a.state.items():
        assert array.dtype == b.state[name].dtype and not b.state[name].flags.writeable
        np.testing.assert_array_equal(array, b.state[name])


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
    store.save_collection(whole)
    loaded = store.load_collection(whole.digest)
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
    store.save_collection(whole)
    loaded = store.load_collection(whole.digest)
    assert_same_collection(loaded, whole)
    assert replace(loaded, digest="").digest == whole.digest
    ((digest, name, items, media),) = store.list_collections()
    assert (digest, name, items, media) == (whole.digest, "demo", 5, {"text": 5, "image": 5, "audio": 5})


def test_a_moved_collection_replaces_its_old_paths(store):
    whole = collection(["a"])
    moved = replace(whole, media=tuple(replace(m, path="/elsewhere") for m in whole.media))
    for version in (whole, whole, moved):
        store.save_collection(version)
    assert store.load_collection(whole.digest).media == moved.media
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
        store.load_collection(name)
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


def every_file(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def test_damage_to_any_file_of_a_run_is_one_line(store):
    folder = store.save_run(run_record(["a", "b"]))
    store.save_run(run_record(["a"], "other"))
    for path in every_file(folder):
        good = path.read_bytes()
        for bad in (good[: len(good) // 2], b"", os.urandom(len(good)), bytes([good[0] ^ 1]) + good[1:]):
            path.write_bytes(bad)
            with pytest.raises(BadInput) as error:
                store.load_run("run-1")
            assert str(folder) in str(error.value) and "delete that folder" in str(error.value), path
            assert "\n" not in str(error.value)
        path.unlink()
        with pytest.raises(BadInput, match="run-1"):
            store.load_run("run-1")
        path.write_bytes(good)
    assert store.load_run("run-1").id == "run-1" and store.load_run("other").id == "other"


def test_a_damaged_list_of_runs_is_one_line_and_the_runs_survive_its_removal(store):
    store.save_run(run_record(["a"]))
    for path in (store.root / "lists").rglob("*.lance"):
        if path.is_file():
            path.write_bytes(b"garbage")
    with pytest.raises(BadInput, match=r"runs\.lance' is damaged") as error:
        store.list_runs()
    assert store.load_run("run-1").id == "run-1"
    shutil.rmtree(str(error.value).split("'")[1])
    assert [run.id for run in store.list_runs()] == ["run-1"]


def test_damaged_collections_and_unlisted_runs_do_not_hide_the_others(store):
    good, bad = collection(["a"]), collection(["b"])
    store.save_collection(good)
    (store.save_collection(bad) / "collection.json").write_text("{")
    save_run_folder(run_record(["a"], "torn"), store.root / "runs" / "torn").joinpath("run.json").write_text("[]")
    store.save_run(run_record(["a"]))
    assert [c.digest for c in store.list_collections()] == [good.digest]
    assert [run.id for run in store.list_runs()] == ["run-1"]
    with pytest.raises(BadInput, match="read the data again"):
        store.load_collection(bad.digest)


def test_a_later_format_says_so(store):
    folder = store.save_run(run_record(["a"]))
    head = json.loads((folder / "run.json").read_text())
    head["format"] = 99
    (folder / "run.json").write_text(json.dumps(head))
    sums = json.loads((folder / "checksums.json").read_text())
    sums["run.json"] = hashlib.blake2b((folder / "run.json").read_bytes(), digest_size=16).hexdigest()
    (folder / "checksums.json").write_text(json.dumps(sums))
    with pytest.raises(BadInput, match="format 99"):
        store.load_run("run-1")


SAVER = """
import sys
sys.path.insert(0, "tests")
from test_store_runs import run_record
from mmalign_core.store import Store

store = Store(sys.argv[1])
print("start", flush=True)
for i in range(int(sys.argv[2])):
    record = run_record(["a", "b", "c"], f"run-{i % 4}", seed=i)
    store.save_run(record)
    store.save_collection(record.collection)
    print(i, flush=True)
"""


def saver(root: Path, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SAVER, str(root), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)


def test_killed_while_saving_every_run_is_whole_or_absent(tmp_path):
    store, rng = Store(tmp_path / "store"), random.Random(5)
    for _ in range(3):
        child = saver(store.root, 10_000)
        assert child.stdout is not None
        for _line, _ in zip(child.stdout, range(rng.randrange(1, 6))):
            pass
        os.kill(child.pid, signal.SIGKILL)
        child.stdout.read()
        child.wait()
        for run in store.list_runs():
            assert_same_run(
                replace(run_record(["a", "b", "c"], run.id, run.seed), created=run.created), store.load_run(run.id)
            )
        for kept in store.list_collections():
            assert store.load_collection(kept.digest).ids == ("a", "b", "c")
    assert saver(store.root, 4).wait() == 0
    assert {run.id for run in store.list_runs()} == {f"run-{i}" for i in range(4)}


def test_an_abandoned_part_is_removed_and_a_fresh_one_is_left(store):
    store.save_run(run_record(["a"]))
    old, fresh = (store.root / "runs" / f".x.{name}.mmalign-part" for name in ("old", "new"))
    for part in (old, fresh):
        part.mkdir()
    os.utime(old, (1, 1))
    store.save_run(run_record(["a"], "run-2"))
    assert not old.exists() and fresh.exists()
    assert [run.id for run in store.list_runs()] == ["run-2", "run-1"]


def test_threads_that_save_one_name_leave_one_whole_run(store):
    records = [run_record(["a"], "same", seed=i) for i in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store.save_run, records))
    loaded = store.load_run("same")
    assert_same_run(replace(records[loaded.seed], created=loaded.created), loaded)
    assert len(store.list_runs()) == 1


def test_a_full_disk_leaves_the_earlier_run(tmp_path):
    save_run_folder(run_record(["a"]), tmp_path / "run")
    script = (
        "import resource, sys, numpy as np\n"
        "from dataclasses import replace\n"
        "sys.path.insert(0, 'tests')\n"
        "from test_store_runs import run_record\n"
        "from mmalign_core.store import save_run_folder\n"
        "from pathlib import Path\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "save_run_folder(replace(run_record(['a']), state={'w': np.ones(99_999)}), Path(sys.argv[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "run"], capture_output=True, text=True, cwd=REPOSITORY
    )
    assert "BadInput: cannot write to '" in done.stderr.splitlines()[-1]
    assert load_run_folder(tmp_path / "run").state["rotation"].shape == (4, 4)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]

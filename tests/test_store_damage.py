"""Damage, kills and rivals: what is in the store is whole or absent, and what is wrong is one line."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from store_records import (
    REPOSITORY,
    assert_same_run,
    collection,
    run_record,
)

from mmalign_core.store import Store, load_run_folder, save_run_folder
from mmalign_core.store.collections import read_collection
from mmalign_core.store.folders import check_folder
from mmalign_core.store.parts import new_folder
from mmalign_core.types import BadInput


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


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


def test_damaged_collections_and_unlisted_runs_do_not_hide_the_others(store, caplog):
    good, bad = collection(["a"]), collection(["b"])
    store.save_collection(good)
    (store.save_collection(bad) / "collection.json").write_text("{")
    save_run_folder(run_record(["a"], "torn"), store.root / "runs" / "torn").joinpath("run.json").write_text("[]")
    store.save_run(run_record(["a"]))
    assert [c.digest for c in store.list_collections()] == [good.digest]
    assert bad.digest in caplog.text and "read the data again" in caplog.text
    assert [run.id for run in store.list_runs()] == ["run-1"]


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
from store_records import run_record
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
            folder = store.root / "collections" / kept.digest
            check_folder(folder, "")
            assert read_collection(folder).ids == ("a", "b", "c")
    assert saver(store.root, 4).wait() == 0
    assert {run.id for run in store.list_runs()} == {f"run-{i}" for i in range(4)}


def test_the_part_of_a_dead_writer_is_removed_and_that_of_a_slow_one_left_whatever_the_clock_says(store):
    store.save_run(run_record(["a"]))
    dead = store.root / "runs" / ".x.0123abcd.mmalign-part"
    dead.mkdir()
    os.utime(dead, (2**33, 2**33))  # the clock went back since
    with new_folder(store.root / "runs" / "slow") as slow:
        os.utime(slow, (1, 1))  # or forward
        store.save_run(run_record(["a"], "run-2"))
        assert not dead.exists() and slow.exists()
    assert not slow.exists()
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
        "from store_records import run_record\n"
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

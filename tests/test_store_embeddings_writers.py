"""Many writers of one table of embeddings, and writers killed at any moment: no row lost, none wrong."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np

from mmalign_core.store import Store
from tests.store_rows import KEY, assert_right, expected

REPOSITORY = Path(__file__).parents[1]

WRITER = """
import sys
import numpy as np
from mmalign_core.store import Store, embeddings, tables

tables.FRAGMENTS_TO_COMPACT, embeddings.TIDY_EVERY = 4, 2  # compaction is under way most of the time
root, key, first, count, width = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
store = Store(root)
digests = [f"{i:032x}" for i in range(first, first + count)]
held = set(store.embeddings(key, digests).rows.tolist())
missing = [i for i in range(count) if i not in held]
print("start", flush=True)
for at in range(0, len(missing), 4):
    ids = np.array([first + i for i in missing[at : at + 4]])
    rows = np.sin(ids[:, None] * 31.0 + np.arange(width)).astype(np.float32)
    store.add_embeddings(key, [f"{i:032x}" for i in ids], rows, np.abs(rows[:, :3]))
    print(int(ids[-1]), flush=True)
"""


def writer(root: Path, first: int, count: int, key: str = KEY) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(root), key, str(first), str(count), "8"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)


def test_killed_at_any_moment_it_opens_and_holds_only_right_rows(tmp_path):
    store, rng, count, seen = Store(tmp_path / "store"), random.Random(3), 160, 0
    for _ in range(4):
        child = writer(store.root, 0, count)
        assert child.stdout is not None
        stop = rng.randrange(0, 12)
        acknowledged = [line for line, _ in zip(child.stdout, range(stop + 1))]
        os.kill(child.pid, signal.SIGKILL)
        acknowledged += child.stdout.readlines()
        child.wait()
        rows = assert_right(store, count)
        assert len(rows) >= seen and {int(a) for a in acknowledged[1:]} <= set(rows.tolist())
        seen = len(rows)
    assert writer(store.root, 0, count).wait() == 0
    assert assert_right(store, count).tolist() == list(range(count))
    assert store.size()[KEY].rows == count


def test_processes_and_threads_write_at_once(tmp_path):
    store = Store(tmp_path / "store")
    children = [writer(store.root, first, 120) for first in (0, 0, 60)]
    ids = list(range(180, 260))
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda i: store.add_embeddings(KEY, [f"{i:032x}"], expected([i]), np.abs(expected([i])[:, :3])), ids
            )
        )
    for child in children:
        child.communicate()
        assert child.returncode == 0
    assert assert_right(store, 260).tolist() == list(range(260))
    assert store.size()[KEY].rows == 260


def test_many_makers_of_one_table_lose_no_row(tmp_path):
    def make(root: Path, i: int) -> None:
        together.wait()
        Store(root).add_embeddings(KEY, [f"{i:032x}"], expected([i]), np.abs(expected([i])[:, :3]))

    for attempt in range(5):
        together, root = Barrier(8), tmp_path / str(attempt)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i, root=root: make(root, i), range(8)))
        assert assert_right(Store(root), 8).tolist() == list(range(8))
        assert len(list((root / "embeddings").iterdir())) == 1

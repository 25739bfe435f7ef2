"""The embedding cache: what is read is what was written, whoever wrote it and however they ended."""

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
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmalign_core.store import Store
from mmalign_core.types import BadInput

REPOSITORY = Path(__file__).parents[1]
KEY = "yamnet@1#ab12"

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


def expected(ids, width=8):
    """The rows the writer script makes."""
    return np.sin(np.asarray(ids)[:, None] * 31.0 + np.arange(width)).astype(np.float32)


def writer(root: Path, first: int, count: int, key: str = KEY) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(root), key, str(first), str(count), "8"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)


def assert_right(store: Store, count: int) -> np.ndarray:
    """Whatever is found is bit for bit right; returns the row numbers found."""
    found = store.embeddings(KEY, [f"{i:032x}" for i in range(count)])
    if len(found.rows):
        assert found.vectors.tobytes() == expected(found.rows).tobytes()
        assert found.posterior is not None
        assert found.posterior.tobytes() == np.abs(expected(found.rows)[:, :3]).tobytes()
    return found.rows


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.text(st.characters(codec="utf-8"), min_size=1),
    digests=st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=8),
    width=st.integers(1, 5),
    classes=st.none() | st.integers(1, 4),
    seed=st.integers(0, 999),
)
def test_any_key_and_digests_come_back(tmp_path_factory, key, digests, width, classes, seed):
    store = Store(tmp_path_factory.mktemp("any"))
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((len(digests), width), dtype=np.float32)
    posterior = None if classes is None else rng.random((len(digests), classes), dtype=np.float32)
    store.add_embeddings(key, digests, vectors, posterior)
    first = [digests.index(d) for d in digests]
    found = store.embeddings(key, ["not there \U0001f989", *digests, *digests])
    assert found.rows.tolist() == list(range(1, 2 * len(digests) + 1))
    np.testing.assert_array_equal(found.vectors, vectors[first + first])
    if posterior is None:
        assert found.posterior is None
    else:
        np.testing.assert_array_equal(found.posterior, posterior[first + first])
    assert store.size()[key].rows == len(set(digests))


def test_few_of_many_rows_come_back_in_the_order_asked(store):
    rows = expected(range(1000))
    names = [str(i) for i in range(1000)]
    store.add_embeddings(KEY, names, rows)
    for wanted in ([7, 999, 0, 7], list(range(900, 100, -1))):
        found = store.embeddings(KEY, [str(i) for i in wanted])
        assert found.rows.tolist() == list(range(len(wanted)))
        np.testing.assert_array_equal(found.vectors, rows[wanted])


def test_the_first_of_two_rows_of_one_digest_is_read(store):
    store.add_embeddings(KEY, ["a", "b"], np.ones((2, 3)))
    store.add_embeddings(KEY, ["b", "c"], np.zeros((2, 3)))
    found = store.embeddings(KEY, ["a", "b", "c"])
    np.testing.assert_array_equal(found.vectors, [[1, 1, 1], [1, 1, 1], [0, 0, 0]])
    assert store.size()[KEY].rows == 3


def test_encoders_do_not_meet_and_one_can_be_removed(store):
    keys = ["clip@1", "clip@1#aa", "clip-1", "Clip@1", "x" * 300, "../../up"]
    for i, key in enumerate(keys):
        store.add_embeddings(key, ["same"], np.full((1, 2), i))
    store.remove_encoder(keys[0])
    store.remove_encoder("never there")
    assert set(store.size()) == set(keys[1:])
    assert not len(store.embeddings(keys[0], ["same"]).rows)
    for i, key in enumerate(keys[1:], 1):
        np.testing.assert_array_equal(store.embeddings(key, ["same"]).vectors, [[i, i]])
    assert [p.name for p in store.root.parent.iterdir()] == [store.root.name]


def test_many_small_batches_are_compacted(store):
    for i in range(200):
        store.add_embeddings(KEY, [f"{i:032x}"], expected([i]), np.abs(expected([i])[:, :3]))
    assert len(assert_right(store, 200)) == 200
    (table,) = (store.root / "embeddings").iterdir()
    newest = min((table / "_versions").glob("*.manifest"))  # names count down
    assert newest.stat().st_size < 64 * 200


def test_nothing_is_there_before_the_first_write_and_reading_makes_nothing(store):
    found = store.embeddings(KEY, ["a"])
    assert found.rows.shape == (0,) and found.vectors.shape == (0, 0) and found.posterior is None
    assert store.size() == {} and not store.root.exists()
    store.add_embeddings(KEY, [], np.empty((0, 4)))
    assert not store.root.exists()


@pytest.mark.parametrize(
    ("vectors", "posterior", "words"),
    [
        (np.array([[1, np.nan]]), None, "'a' holds NaN"),
        (np.ones((1, 2)), np.array([[np.inf]]), "posterior of 'a'"),
        (np.ones((2, 2)), None, "1 digests for a vector array of shape (2, 2)"),
        (np.ones(2), None, "shape (2,)"),
        (np.ones((1, 3)), None, "now makes vector x 3 but its cache holds vector x 2"),
        (np.ones((1, 2)), np.ones((1, 5)), "now makes vector x 2 and posterior x 5"),
    ],
)
def test_wrong_numbers_are_refused(store, vectors, posterior, words):
    store.add_embeddings(KEY, ["z"], np.ones((1, 2)))
    with pytest.raises(BadInput) as error:
        store.add_embeddings(KEY, ["a"], vectors, posterior)
    assert words in str(error.value)
    assert store.embeddings(KEY, ["a", "z"]).rows.tolist() == [1]


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


def damage(root: Path, pattern: str, change) -> Path:
    """Applies `change` to every file of that pattern; returns the table folder."""
    files = [p for p in root.rglob(pattern) if p.is_file()]
    assert files
    for path in files:
        path.write_bytes(change(path.read_bytes()))
    return next(p for p in files[0].parents if p.suffix == ".lance")


def flip(data: bytes) -> bytes:
    """The same file with a stretch in its first page overwritten."""
    return data[:64] + bytes(b ^ 0x55 for b in data[64:256]) + data[256:]


@pytest.mark.parametrize("pattern", ["*/data/*.lance", "*/_versions/*.manifest"])
@pytest.mark.parametrize(
    "change", [lambda d: d[: len(d) // 2], lambda d: b"", lambda d: os.urandom(len(d)), lambda d: d[:10], flip]
)
def test_a_damaged_table_is_one_line_and_others_go_on(store, pattern, change):
    store.add_embeddings(KEY, [f"{i:032x}" for i in range(40)], expected(range(40)), np.abs(expected(range(40))[:, :3]))
    folder = damage(store.root, pattern, change)
    store.add_embeddings("other", ["a"], np.ones((1, 2)))
    try:
        assert_right(store, 40)
    except BadInput as error:
        assert str(folder) in str(error) and "delete that folder" in str(error) and "\n" not in str(error)
    else:
        assert change is flip, "only a small stretch can go unnoticed, and then the rows must be right"
    assert store.embeddings("other", ["a"]).rows.tolist() == [0]
    assert "other" in store.size()
    store.remove_encoder(KEY)
    assert set(store.size()) == {"other"}


def test_a_root_that_cannot_hold_a_store_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="is a file; give a folder"):
        Store(tmp_path / "file")
    for elsewhere in ("s3://bucket/store", Path("gs://bucket/store")):
        with pytest.raises(BadInput, match="not a folder on this machine"):
            Store(elsewhere)
    assert Store(f"file://{tmp_path}/x").root == tmp_path / "x"
    for root in (tmp_path / "file" / "below", Path("/proc/none")):
        with pytest.raises(BadInput, match="cannot write to '"):
            Store(root).add_embeddings(KEY, ["a"], np.ones((1, 2)))


def test_a_full_disk_is_one_line_and_keeps_what_was_there(tmp_path):
    Store(tmp_path).add_embeddings(KEY, ["a"], np.ones((1, 64)))
    script = (
        "import resource, sys, numpy as np\n"
        "from mmalign_core.store import Store\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        f"Store(sys.argv[1]).add_embeddings({KEY!r}, [str(i) for i in range(999)], np.random.rand(999, 64))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, cwd=REPOSITORY)
    assert "BadInput: cannot write to '" in done.stderr.splitlines()[-1]
    assert Store(tmp_path).embeddings(KEY, ["a", "1"]).rows.tolist() == [0]


def test_importing_the_store_loads_no_database():
    script = "import mmalign_core.store, sys; print([m for m in ('lancedb', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert done.stdout.strip() == "[]"

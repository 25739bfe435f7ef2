"""Encoding and comparing on a real Ray cluster of two machines, each a process here, with one worker on each."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from mmalign_core.data import read_collection
from mmalign_core.engines import LocalEngine
from mmalign_core.engines.cluster import Workers
from mmalign_core.engines.ray_engine import RayEngine, blocks_of
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Cancelled, no_progress
from mmalign_core.workflow import Choices, Encoding, compare, encode
from mmalign_core.workflow.comparison.comparison import compare_on
from tests.ray_tasks import own_pid, refuse
from tests.shard_files import write_lance, write_manifest, write_shards, write_table

ray = pytest.importorskip("ray", reason="Ray is not installed; pip install 'mmalign[ray]'")
pytest.importorskip("lance", reason="pylance is not installed; pip install 'mmalign[ray]'")
cluster_utils = pytest.importorskip("ray.cluster_utils")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
CHEAP = {"image": "colour-gradient", "text": "bag-of-words"}
PATIENCE = 120.0
"""Seconds after which a program that hangs is ended."""
OBJECTS = 100 * 2**20
"""Bytes of each machine's shared memory; Ray refuses less than 75 MiB."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two machines with one CPU each; the first serves ray:// connections."""
    os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"  # with it, the server of ray:// now and then fails to start a process
    port = 24_000 + os.getpid() % 9_000  # Ray serves clients from 23000 on
    plain = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": OBJECTS}
    made = cluster_utils.Cluster(initialize_head=True, head_node_args=plain | {"ray_client_server_port": port})
    made.add_node(num_cpus=1, object_store_memory=OBJECTS)
    made.client_address = f"ray://127.0.0.1:{port}"
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture(scope="module")
def engine(cluster: Any) -> Iterator[RayEngine]:
    """The engine that most tests share, so that its workers load encoders once."""
    with RayEngine(Workers(cluster.address)) as made:
        yield made


@pytest.fixture
def idle(cluster: Any, engine: RayEngine) -> Any:
    """The cluster, whose CPUs no worker of the shared engine holds."""
    engine._pool.close()
    return cluster


def encoded(engine: Any, data: Path, store: Store, progress: Any = no_progress) -> Encoding:
    settings = Settings(root=store.root, threads=1)
    collection, whole = engine.read(data, None, settings, no_progress)
    write = engine.write_batches
    return encode(collection, CHEAP, store=store, settings=settings, write=write, save=whole, progress=progress)


@pytest.mark.parametrize(
    ("write", "sizes"),
    [(write_shards, (3, 40)), (write_table, (3, 30)), (write_lance, (90,)), (write_manifest, (70,))],
    ids=["webdataset", "parquet", "lance", "manifest"],
)
def test_the_same_vectors_and_reports_as_one_process(engine, tmp_path, monkeypatch, write, sizes):
    monkeypatch.setattr("mmalign_core.data.sections.LANCE_ROWS", 40)
    data = write(tmp_path / "data", *sizes)
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    local, far = encoded(LocalEngine(), data, here), encoded(engine, data, there)
    assert far.by_modality == local.by_modality and far.by_modality["image"]["encoded"] > 0
    assert [(s.id, s.modality) for s in far.skipped] == [(s.id, s.modality) for s in local.skipped]
    for modality, given in local.sets.items():
        assert far.sets[modality].ids == given.ids and far.sets[modality].keys == given.keys
        assert np.array_equal(far.sets[modality].vectors, given.vectors)
    again = encoded(engine, data, there)
    assert [row["encoded"] for row in again.by_modality.values()] == [0, 0]


@pytest.mark.parametrize("n", [0, 1, 600, 10_000])
def test_blocks_shrink_so_that_workers_end_together(n: int) -> None:
    blocks = blocks_of(range(n), 8, 2)
    assert [one for block in blocks for one in block] == list(range(n)), "every medium once and in order"
    assert all(len(block) % 8 == 0 for block in blocks[:-1]) and max(map(len, blocks), default=0) <= 256
    ends = [0, 0]
    for block in blocks:  # each goes to the worker that is free first, and takes as long as it holds media
        ends[ends.index(min(ends))] += len(block)
    assert max(ends) - min(ends) <= 8, "the last worker waits for one batch at most"
    assert len(blocks) <= n / 256 + 40, "many media are not cut into small fragments"


def test_a_killed_worker_is_started_again_and_nothing_is_lost(engine, tmp_path):
    data, store = write_manifest(tmp_path / "data", 600), Store(tmp_path / "store")
    killed: list[int] = []

    def kill_one(fraction: float, message: str) -> None:
        if "image" in message and 0 < fraction < 1 and not killed:
            actor = engine._pool._actors[0]
            killed.append(ray.get(actor.run.remote(own_pid, None, None)))
            os.kill(killed[0], signal.SIGKILL)

    made = encoded(engine, data, store, kill_one)
    assert killed and made.by_modality["image"]["encoded"] == 600 and not made.skipped
    here = encoded(LocalEngine(), data, Store(tmp_path / "here"))
    assert np.array_equal(made.sets["image"].vectors, here.sets["image"].vectors)


def test_a_cancelled_run_keeps_what_was_done(engine, tmp_path):
    data, store = write_manifest(tmp_path / "data", 600), Store(tmp_path / "store")

    def cancel(fraction: float, message: str) -> None:
        if "image" in message and fraction > 0.7:  # text comes first
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        encoded(engine, data, store, cancel)
    kept = encoded(engine, data, store).by_modality["image"]
    assert kept["reused"] > 0 and kept["reused"] + kept["encoded"] == 600


def test_compare_gives_the_same_rows(engine, demo, demo_encoding, store):
    names = ("as-is", "bridge", "cca", "procrustes")
    entries = [Choices(pair=("image", "text"), aligner=name, test=0.3) for name in names]
    published: list[str] = []
    with threadpool_limits(1):  # as a worker has; sums over several threads end in other bits
        here = compare(demo, demo_encoding, entries, store=store)
    there = compare_on(
        engine, demo, demo_encoding, entries, store=store, publish=lambda row: published.append(row["aligner"])
    )
    assert sorted(published) == sorted(names)
    same = ("aligner", "metrics", "ci95", "baseline", "space", "quality", "error", "against_best", "n_test")
    for ours, theirs in zip(here.report(), there.report()):
        assert {k: ours[k] for k in same} == {k: theirs[k] for k in same}


def test_bad_input_that_a_worker_meets_is_raised_as_itself(engine):
    with pytest.raises(BadInput, match="is not here"):
        list(engine.run_each(refuse, None, [1], no_progress))


@pytest.mark.parametrize("gone", ["driver", "cluster"])
def test_what_was_committed_stays_when_the_driver_or_the_cluster_is_gone(idle, tmp_path, gone):
    data, root = write_manifest(tmp_path / "data", 800), tmp_path / "store"
    driver = start_driver(idle.client_address, data, root)
    assert driver.stdout is not None and driver.stderr is not None
    watchdog = threading.Timer(PATIENCE, driver.kill)
    watchdog.start()  # a run that hangs ends, and the test fails
    committed = [line for _, line in zip(range(3), driver.stdout)]
    if gone == "driver":
        driver.kill()
    else:
        ray.shutdown()  # this process would miss the cluster too
        idle.head_node.kill_all_processes(allow_graceful=False)
    _, told = driver.communicate()
    watchdog.cancel()
    assert len(committed) == 3, f"it ended before something was gone: {told}"
    if gone == "cluster":
        lines = [line for line in told.splitlines() if line.startswith("encode: ")]
        assert driver.returncode == 2 and "Traceback" not in told and len(lines) == 1
        assert f"the Ray cluster at {idle.client_address} went away" in lines[0] and "run again" in lines[0]
    media = read_collection(data).media_of("image")
    (key,) = (key for key in Store(root).size() if key.startswith("colour-gradient"))
    held = Store(root).embeddings(key, list(media.digests))
    whole = encoded(LocalEngine(), data, Store(tmp_path / "here")).sets["image"]
    assert len(held.rows) > 0 and np.array_equal(held.vectors, whole.vectors[held.rows])
    after = encoded(LocalEngine(), data, Store(root)).by_modality["image"]
    assert after == {"encoded": 800 - len(held.rows), "reused": len(held.rows)}


def start_driver(address: str, data: Path, root: Path) -> subprocess.Popen[str]:
    """The command that encodes on the cluster, which commits each fragment and says so."""
    script = (
        "import sys\n"
        "from mmalign_core.engines import ray_engine\n"
        "from mmalign_core.__main__ import main\n"
        "from mmalign_core.store import Store\n"
        "ray_engine.COMMIT_FRAGMENTS, commit = 1, Store.commit_fragments\n"
        "def told(store, key, fragments):\n"
        "    commit(store, key, fragments)\n"
        "    if 'colour' in key and fragments:\n"
        "        print('committed', flush=True)\n"
        "Store.commit_fragments = told\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    encoders = [part for modality, name in CHEAP.items() for part in ("--encoder", f"{modality}={name}")]
    options = ["--engine", "ray", "--ray-address", address, "--store", str(root), *encoders]
    return subprocess.Popen(
        [sys.executable, "-c", script, "encode", str(data), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"RAY_CLIENT_RECONNECT_GRACE_PERIOD": "3"},
    )

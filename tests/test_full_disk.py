"""A disk that fills while a run or vectors are saved: one line says so, and what was kept before stays."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.store import Store
from mmalign_core.types import BadInput, Collection, EmbeddingSet
from mmalign_core.workflow import Choices, align, encode, load_run, save_run

N = 300


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: the system refuses to write as it does on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Store, Callable[[str], None]]:
    """A store with the run "kept", and a function that saves it under a name."""
    rng, ids = np.random.default_rng(0), [f"i{k}" for k in range(N)]
    sets = {m: EmbeddingSet(m, ids, ids, rng.standard_normal((N, 64)), "given@1") for m in ("image", "text")}
    collection = Collection("pairs", pd.DataFrame(index=ids), (), vectors=sets)
    store = Store(tmp_path)
    run = align(collection, encode(collection, {}, store=store), Choices(aligner="as-is"), store=store)
    save_run(run, "kept", store=store)
    return store, lambda name: save_run(run, name, store=store)


@pytest.mark.parametrize("size", [100, 3000, 40_000])
@pytest.mark.parametrize("name", ["kept", "new"])
def test_a_run_that_does_not_fit_leaves_what_was_saved(size: int, name: str, saved, tmp_path: Path) -> None:
    store, save = saved
    before = load_run("kept", store=store)
    with full_after(size), pytest.raises(BadInput, match=r"cannot write to '.*': File too large; fix that") as refused:
        save(name)
    assert "\n" not in str(refused.value)
    after = load_run("kept", store=store)
    assert after.report == before.report and after.result.space["image"].digest == before.result.space["image"].digest
    assert not list(tmp_path.rglob("*.mmalign-part")) and not (tmp_path / "runs" / "new").exists()
    save(name)
    assert load_run(name, store=store).report["metrics"] == before.report["metrics"]


def test_vectors_that_do_not_fit_leave_those_of_the_batches_before(tmp_path: Path) -> None:
    store, rows = Store(tmp_path), np.random.default_rng(0).standard_normal((400, 64)).astype(np.float32)
    names = [f"{k:032x}" for k in range(400)]
    store.add_embeddings("toy@1", names[:50], rows[:50])
    with full_after(40_000), pytest.raises(BadInput, match="cannot write to"):
        store.add_embeddings("toy@1", names[50:], rows[50:])
    assert len(store.embeddings("toy@1", names).rows) == 50
    store.add_embeddings("toy@1", names[50:], rows[50:])
    np.testing.assert_array_equal(store.embeddings("toy@1", names).vectors, rows)

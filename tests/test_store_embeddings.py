"""The embedding cache: what is read is what was written, whoever wrote it and however they ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmalign_core.store import Store
from mmalign_core.types import BadInput
from tests.store_rows import KEY, assert_right, expected

REPOSITORY = Path(__file__).parents[1]


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


def test_importing_the_store_loads_no_database():
    script = "import mmalign_core.store, sys; print([m for m in ('lancedb', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert done.stdout.strip() == "[]"


def test_removing_an_encoder_keeps_files_that_are_not_ours(store):
    store.add_embeddings(KEY, ["a"], np.ones((1, 2)))
    store.add_sequences(KEY, {"ab": np.ones((1, 3))})
    for part in ("embeddings", "sequences"):
        (folder,) = (store.root / part).iterdir()
        (folder / "notes.txt").write_text("precious")
        with pytest.raises(BadInput, match=r"'notes\.txt' is no"):
            store.remove_encoder(KEY)
        assert (folder / "notes.txt").read_text() == "precious" and store.sequence_shapes(KEY, ["ab"])
        (folder / "notes.txt").unlink()
    store.add_embeddings(KEY, ["a"], np.ones((1, 2)))
    store.remove_encoder(KEY)
    assert store.size() == {} and not store.sequence_shapes(KEY, ["ab"])

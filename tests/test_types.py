"""The shared types: read-only arrays, digests that follow content, refusal of what is not finite."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from mmalign_core.data import read_collection
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.store.collections import read_collection as read_kept
from mmalign_core.types import BadInput, Collection, Concepts, EmbeddingSet, Media, digest_bytes, digest_frame
from mmalign_core.workflow import encode

vectors = hnp.arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 4)), elements=st.floats(-5, 5, width=32))


def as_set(values: np.ndarray) -> EmbeddingSet:
    ids = tuple(f"i{n}" for n in range(len(values)))
    return EmbeddingSet("image", ids, ids, values, "test@1")


@given(vectors)
def test_vectors_are_a_read_only_copy_and_the_digest_follows_them(values: np.ndarray) -> None:
    made, again = as_set(values), as_set(values.copy())
    assert made.digest == again.digest
    with pytest.raises(ValueError, match="read-only"):
        made.vectors[0, 0] = 1
    values[0, 0] += 1
    assert not np.array_equal(made.vectors, values) and as_set(values).digest != made.digest


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_vector_that_is_not_finite_is_refused_by_name(bad: float) -> None:
    values = np.zeros((3, 2), np.float32)
    values[1, 0] = bad
    with pytest.raises(BadInput, match="the vector of 'i1' holds NaN or infinity"):
        as_set(values)


def test_taking_rows_takes_their_concepts() -> None:
    concepts = Concepts(("cat", "dog"), np.array([[1, 0], [0, 1], [0.5, 0.5]], np.float32))
    made = EmbeddingSet("image", ("a", "b", "a"), ("1", "2", "3"), np.eye(3, dtype=np.float32), "test@1", concepts)
    taken = made.of_items(["a"])
    assert taken.ids == ("a", "a") and taken.keys == ("1", "3")
    assert taken.concepts is not None and taken.concepts.posterior.tolist() == [[1, 0], [0.5, 0.5]]


def test_a_collections_digest_follows_ids_media_and_metadata() -> None:
    def collection(item: str = "a", digest: str = "1", year: int = 1940) -> Collection:
        media = (Media(item, "text", digest, text="x"),)
        return Collection("c", pd.DataFrame({"year": [year]}, index=[item]), media)

    base = collection().digest
    assert base == collection().digest
    assert len({base, collection("b").digest, collection(digest="2").digest, collection(year=1941).digest}) == 4


def test_a_renamed_folder_is_the_same_content_at_another_place(tmp_path: Path) -> None:
    settings, store = Settings(root=tmp_path / "home"), Store(tmp_path / "home")
    (tmp_path / "a").mkdir()
    for name, colour in (("one", "red"), ("two", "blue")):
        Image.new("RGB", (32, 32), colour).save(tmp_path / "a" / f"{name}.png")
        (tmp_path / "a" / f"{name}.txt").write_text(f"A {colour} square")
    encoders = {"text": "bag-of-words", "image": "colour-gradient"}
    before = read_collection(tmp_path / "a", settings=settings)
    assert encode(before, encoders, store=store).by_modality["image"]["encoded"] == 2
    (tmp_path / "a").rename(tmp_path / "b")
    after = read_collection(tmp_path / "b", settings=settings)
    assert after.digest == before.digest and after.digest_with_places != before.digest_with_places
    again = encode(after, encoders, store=store)
    assert all(counts["encoded"] == 0 for counts in again.by_modality.values())
    assert all(
        Path(m.path).is_file() for m in read_kept(tmp_path / "home" / "collections" / after.digest).media if m.path
    )


TIMES = pd.to_datetime(["2020-01-01T00:00:00.000000001", "2020-01-01T00:00:00.000000002"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([0.1], [0.1 + 1e-12]),
        ([[0.1]], [[0.1 + 1e-12]]),
        (TIMES[:1], TIMES[1:]),
        (TIMES[:1].tz_localize("UTC"), TIMES[1:].tz_localize("UTC")),
        (TIMES[:1].astype(object), TIMES[1:].astype(object)),
        ([1], [1.0]),
        (["1"], [1]),
        ([None], ["None"]),
    ],
)
def test_cells_that_differ_by_little_have_other_digests(one: list, other: list) -> None:
    left, right = pd.DataFrame({"x": one}, index=["a"]), pd.DataFrame({"x": other}, index=["a"])
    assert digest_frame(left) != digest_frame(right)
    assert Collection("c", left, ()).digest != Collection("c", right, ()).digest
    assert Collection("c", left, (), interactions=left).digest != Collection("c", left, (), interactions=right).digest


def test_how_a_cell_is_kept_does_not_count() -> None:
    def kept(values: object) -> str:
        return digest_frame(pd.DataFrame({"x": values}, index=["a", "b"]))

    times = pd.Series(pd.to_datetime(["2020-01-01 00:00:00.5", None]))
    assert len({kept(times.to_numpy().astype(f"datetime64[{unit}]")) for unit in ("ms", "us", "ns")}) == 1
    assert kept(np.array([1, 2], np.int8)) == kept(np.array([1, 2], np.int64))
    assert kept(np.array(["x", None], object)) == kept(np.array(["x", np.nan], object))
    assert kept(np.array([[1, 2], "x"], object)) == kept(np.array([(1, 2), "x"], object))


@pytest.mark.parametrize(
    ("labels", "posterior", "placed", "words"),
    [
        (
            ("cat",),
            np.ones((3, 2)),
            None,
            r"1 labels for a posterior of shape \(3, 2\); give one column",
        ),
        (("cat", "dog"), np.ones(2), None, "2 labels for a posterior of shape"),
        (("cat", "dog"), np.ones((3, 2)), np.ones((1, 4)), "give one vector for each label"),
        (("cat", "dog"), np.ones((3, 2)), np.ones(2), "give one vector for each label"),
        (("cat", "dog"), np.array([[1, np.nan]]), None, "the posterior hold NaN or infinity"),
        (("cat", "dog"), np.ones((3, 2)), np.full((2, 4), np.inf), "the vectors hold NaN or infinity"),
        (("cat", "dog"), np.array([[1, -0.25]]), None, "the posterior holds -0.25; give probabilities"),
        ("ab", np.ones((3, 2)), None, "the labels are one text, 'ab'; give one text for each column"),
    ],
)
def test_concepts_that_do_not_fit_together_are_refused(labels, posterior, placed, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        Concepts(labels, posterior, placed)


def test_concepts_are_a_read_only_copy_with_a_row_for_each_vector() -> None:
    posterior, placed = np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)
    made = Concepts(("cat", "cat"), posterior, placed)
    posterior[0, 0] = placed[0, 0] = 5
    assert made.labels == ("cat", "cat") and made.posterior[0, 0] == 1 and made.vectors is not None
    assert made.vectors[0, 0] == 1
    for array in (made.posterior, made.vectors, made.take(np.array([1])).posterior):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1
    with pytest.raises(BadInput, match="3 vectors for concepts of 2 rows"):
        EmbeddingSet("image", ("a", "b", "c"), ("1", "2", "3"), np.eye(3), "test@1", made)


def test_a_digest_is_made_when_asked_for_and_is_what_it_always_was(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    counted = lambda *parts: made.append(len(parts)) or digest_bytes(*parts)  # noqa: E731
    monkeypatch.setattr("mmalign_core.types.embeddings.digest_bytes", counted)
    rows = as_set(np.eye(4, dtype=np.float32))
    taken = rows.take([2, 0]).of_items(["i0"])
    assert not made
    assert taken.digest == taken.digest == as_set(np.eye(4, dtype=np.float32)).take([0]).digest and len(made) == 2
    assert rows.digest == "b8fe25ad575773bfdea7f13cac0a57f9"
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(lambda _: rows.take([1]).digest, range(8)))) == 1
    with pytest.raises(FrozenInstanceError):
        taken.encoder = "other@1"  # pyright: ignore[reportAttributeAccessIssue]


@given(st.lists(st.binary(max_size=8), max_size=4), st.lists(st.binary(max_size=8), max_size=4))
def test_parts_are_framed_so_that_only_equal_lists_are_equal(left: list[bytes], right: list[bytes]) -> None:
    assert (digest_bytes(*left) == digest_bytes(*right)) == (left == right)

"""The shared types: read-only arrays, digests that follow content, refusal of what is not finite."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mmalign_core.types import BadInput, Collection, Concepts, EmbeddingSet, Media, digest_bytes

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


@given(st.lists(st.binary(max_size=8), max_size=4), st.lists(st.binary(max_size=8), max_size=4))
def test_parts_are_framed_so_that_only_equal_lists_are_equal(left: list[bytes], right: list[bytes]) -> None:
    assert (digest_bytes(*left) == digest_bytes(*right)) == (left == right)

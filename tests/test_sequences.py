"""Sequences all the way: the type, the store that keeps them, the batches that make them, the runs that need them."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.encoders import Encoded, Encoder
from mmalign_core.encoders.batched import encode_sequences, instances
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Cancelled, Collection, EmbeddingSet, Media, digest_bytes
from mmalign_core.types.sequences import as_sequences
from mmalign_core.workflow import (
    Choices,
    Encoding,
    QuerySpec,
    align,
    encode,
    load_run,
    open_collection,
    place_part,
    recommend,
    save_run,
)
from mmalign_core.workflow.alignment.inputs import usable_sets
from mmalign_core.workflow.alignment.sequences import with_sequences

KEY = "letters@1"


def parts(lengths: Sequence[int], width: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(len(lengths))
    return [rng.standard_normal((n, width)).astype(np.float16) for n in lengths]


class Spelt(Encoder):
    """A real, tiny encoder: a step for each letter. '?' the model refuses, '^' gives numbers too large for float16."""

    name, version, modality, dim, space = "spelt", "1", "text", 1, "spelt"
    summary, licence, batch_size = "spells", "Apache-2.0", 2

    def __init__(self) -> None:
        super().__init__()
        self.spelt: list[str] = []

    def load(self) -> None:
        pass

    def view(self, media: Media) -> str:
        return media.text or ""

    def from_view(self, view: str) -> str:
        return view

    def encode(self, prepared: Sequence[str]) -> Encoded:
        return Encoded(np.array([[len(text)] for text in prepared], np.float32))

    def sequences(self, prepared: Sequence[str]) -> list[np.ndarray]:
        if any("?" in text for text in prepared):
            raise RuntimeError("no questions")
        self.spelt += prepared
        return [np.array([[1e6 if c == "^" else ord(c)] for c in text], np.float32).reshape(-1, 1) for text in prepared]


@pytest.fixture
def spelt(monkeypatch: pytest.MonkeyPatch) -> Spelt:
    """Spelt among the registered encoders, for this test alone."""
    model = Spelt()
    monkeypatch.setitem(instances.ENCODERS._members, "spelt", Spelt)
    monkeypatch.setattr("mmalign_core.workflow.alignment.sequences.encoder_of", lambda key, modality: model)
    return model


def texts(*words: str) -> tuple[EmbeddingSet, tuple[Media, ...]]:
    media = tuple(Media(f"i{n}", "text", digest_bytes(word.encode()), text=word) for n, word in enumerate(words))
    ids, keys = tuple(m.item for m in media), tuple(m.digest for m in media)
    return EmbeddingSet("text", ids, keys, np.ones((len(words), 1)), "spelt@1"), media


@given(st.lists(st.integers(1, 5), min_size=1, max_size=8), st.randoms())
def test_rows_come_back_taken_and_padded(lengths: list[int], random) -> None:
    each = parts(lengths)
    sequences = as_sequences(each)
    rows = np.array([random.randrange(len(lengths)) for _ in range(4)])
    taken = sequences.take(rows)
    padded, present = sequences.padded(rows)
    for i, row in enumerate(rows):
        np.testing.assert_array_equal(taken[i], each[row])
        np.testing.assert_array_equal(padded[i][present[i]], each[row])
        assert present[i].sum() == lengths[row] and not padded[i][~present[i]].any()
    assert sequences.padded(rows, 2)[1].sum(1).tolist() == [min(2, lengths[row]) for row in rows]


def test_kept_sequences_come_back_in_the_order_asked(tmp_path: Path) -> None:
    store, each = Store(tmp_path), parts([3, 1, 4])
    store.add_sequences(KEY, dict(zip("abc", each)))
    found = Store(tmp_path).sequences(KEY, ["c", "a", "c"])
    np.testing.assert_array_equal(found.values, np.concatenate([each[2], each[0], each[2]]))
    assert found.lengths.tolist() == [4, 3, 4]
    assert store.sequence_shapes(KEY, ["a", "x"]) == {"a": (3, 3)}
    assert store.sequence_shapes("letters@2", ["a"]) == {}
    with pytest.raises(BadInput, match=r"'x'.*not stored"):
        store.sequences(KEY, ["a", "x"])
    store.remove_encoder(KEY)
    assert store.sequence_shapes(KEY, ["a", "b", "c"]) == {}


@pytest.mark.parametrize("steps", [np.zeros((0, 3)), np.full((2, 3), np.nan), np.zeros(3), np.full((1, 3), 1e6)])
def test_no_sequence_that_is_empty_or_not_finite_is_kept(tmp_path: Path, steps: np.ndarray) -> None:
    with pytest.raises(BadInput, match="'a'"), np.errstate(over="ignore"):
        Store(tmp_path).add_sequences(KEY, {"b": np.ones((1, 3)), "a": steps})
    assert Store(tmp_path).sequence_shapes(KEY, ["a", "b"]) == {}


@pytest.mark.parametrize("digest", ["../up", "", "a/b"])
def test_a_digest_cannot_leave_the_folder(tmp_path: Path, digest: str) -> None:
    with pytest.raises(BadInput, match="no digest"):
        Store(tmp_path).add_sequences(KEY, {digest: np.ones((1, 3))})


def damage(store: Store, how: str) -> Path:
    path = next(store.root.glob("sequences/*/*/*.npy"))
    content = path.read_bytes()
    harmed = {"cut": content[:-9], "flipped": content[:-40] + bytes([content[-40] ^ 1]) + content[-39:], "empty": b""}
    path.write_bytes(harmed[how])
    return path


@pytest.mark.parametrize("how", ["cut", "flipped", "empty"])
def test_a_damaged_file_is_named_and_made_anew(
    tmp_path: Path, spelt: Spelt, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    store, (rows, media) = Store(tmp_path), texts("ab", "abc", "d")
    first = with_sequences("cnn", {"text": rows}, media, store=store)["text"].sequences
    path = damage(store, how)
    spelt.spelt.clear()
    with caplog.at_level(logging.WARNING):
        again = with_sequences("cnn", {"text": rows}, media, store=store)["text"].sequences
    assert len(spelt.spelt) == 1 and path.name in caplog.text and "computed again" in caplog.text
    assert first is not None and again is not None
    np.testing.assert_array_equal(again.values, first.values)


def test_a_second_run_makes_none_and_a_cancelled_one_keeps_its_batches(tmp_path: Path, spelt: Spelt) -> None:
    store, (rows, media) = Store(tmp_path), texts("a", "bb", "ccc", "dddd", "eeeee", "a")

    def stop(fraction: float, message: str) -> None:
        if fraction >= 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        with_sequences("cnn", {"text": rows}, media, store=store, progress=stop)
    assert len(store.sequence_shapes("spelt@1", [m.digest for m in media])) == 2
    seen: list[tuple[float, str]] = []
    found = with_sequences(
        "cnn", {"text": rows}, media, store=store, progress=lambda done, what: seen.append((done, what))
    )["text"].sequences
    assert found is not None and found.lengths.tolist() == [1, 2, 3, 4, 5, 1]
    assert spelt.spelt == ["a", "bb", "ccc", "dddd", "eeeee"]
    assert seen[0][1] == "tokens of text 0 of 3" and seen[-1] == (1.0, "16 steps of 6 text: 0 MB")
    with_sequences("cnn", {"text": rows}, (), store=store)
    assert len(spelt.spelt) == 5


def test_a_medium_that_has_no_sequence_is_named(tmp_path: Path, spelt: Spelt) -> None:
    batches = list(encode_sequences(spelt, texts("ab", "what?", "^", "", "c")[1]))
    assert [d for b in batches for d in b.digests] == [digest_bytes(b"ab"), digest_bytes(b"c")]
    assert [s.id for b in batches for s in b.skipped] == ["i1", "i2", "i3"]
    assert all(s.dtype == np.float16 for b in batches for s in b.sequences)
    rows, media = texts("ab", "what?")
    with pytest.raises(BadInput, match=r"'cnn' needs the sequence of every text: .*no questions"):
        with_sequences("cnn", {"text": rows}, media, store=Store(tmp_path))


def test_more_than_the_limit_is_refused_as_soon_as_it_is_sure(tmp_path: Path, spelt: Spelt) -> None:
    rows, media = texts(*(f"{n:04d}" + "x" * 100_000 for n in range(12)))
    small = replace(Settings(), sequence_limit=1)
    with pytest.raises(BadInput, match=r"'rnn'.*12 rows of text.*2 MB.*limit of 1 MB.*MMALIGN_SEQUENCE_LIMIT"):
        with_sequences("rnn", {"text": rows}, media, store=Store(tmp_path), settings=small)
    assert len(spelt.spelt) == 2
    assert with_sequences("rnn", {"text": rows.take([0, 1])}, media, store=Store(tmp_path), settings=small)


def test_the_limit_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMALIGN_SEQUENCE_LIMIT", "7")
    assert Settings().sequence_limit == 7


def test_given_vectors_are_refused_with_the_cure(tmp_path: Path) -> None:
    made = EmbeddingSet("image", ("a",), ("a",), np.ones((1, 3)), "given@1")
    with pytest.raises(BadInput, match=r"'transformer' reads tokens.*image vectors were given.*choose an aligner"):
        with_sequences("transformer", {"image": made}, (), store=Store(tmp_path))


def test_a_further_modality_without_sequences_is_left_out(
    demo_encoding: Encoding, demo: Collection, store: Store
) -> None:
    items = demo.ids[:30]
    sets = {m: s.of_items(items) for m, s in demo_encoding.sets.items() if m in ("text", "image")}
    sets["audio"] = replace(demo_encoding.sets["audio"].of_items(items), encoder="given@1")
    used = usable_sets(sets, Choices(("image", "text"), "cnn"), store, demo.media)
    assert set(used) == {"text", "image"} and all(s.sequences is not None for s in used.values())


def test_photographs_align_and_answer_typed_and_uploaded_queries(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "coco_mini_ccby"
    if not folder.is_dir():
        pytest.skip("coco_mini_ccby is not here")
    store, collection = Store(tmp_path), open_collection(folder / "manifest.jsonl")
    choices = Choices(("image", "text"), "transformer", {"steps": 40}, test=0.3)
    run = align(collection, encode(collection, store=store), choices, store=store)
    assert (
        run.report["metrics"]["image->text"]["recall@10"] > 2 * 10 / run.report["metrics"]["image->text"]["candidates"]
    )
    again = load_run(str(save_run(run, "kept", store=store)), store=store)
    picture = str(next(m.path for m in collection.media if m.modality == "image"))
    for query in (QuerySpec.of(text="a dog on a beach"), QuerySpec.of(image=picture)):
        place = place_part(run, query, store=store).vectors
        np.testing.assert_array_equal(place_part(again, query, store=store).vectors, place)
        assert len(recommend(again, replace(query, k=3), store=store)) == 3
    own = run.result.space["image"].vectors[0]
    np.testing.assert_allclose(place_part(run, QuerySpec.of(image=picture), store=store).vectors[0], own, atol=1e-4)

"""Every registered aligner on collections that no method can like: a clear refusal, or finite places, no warning."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from mmalign_core.aligners import ALIGNERS
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Cancelled, Collection, Concepts, EmbeddingSet
from mmalign_core.types.embeddings import Pivots
from mmalign_core.types.sequences import as_sequences
from mmalign_core.workflow import Choices, align
from mmalign_core.workflow.encoding import Encoding

WIDTH, CONCEPTS, ITEMS = 12, 20, 40
Sets = Mapping[str, EmbeddingSet]
Change = Callable[[str, np.ndarray], np.ndarray]
every_aligner = pytest.mark.parametrize("name", ALIGNERS.names())
learns_from_pairs = pytest.mark.parametrize("name", [n for n in ALIGNERS.names() if ALIGNERS.get(n).needs_pairs])


def made(owners: Mapping[str, range], change: Change = lambda modality, vectors: vectors, width: int = WIDTH) -> Sets:
    """Views of one latent point an item; all but text have concepts, and all have sequences of one to three steps and
    the same pivot texts."""
    rng = np.random.default_rng(5)
    latent = rng.standard_normal((400, 6))
    labels, views = rng.standard_normal((CONCEPTS, width)), rng.standard_normal((3, 6, width))
    sets = {}
    for (modality, items), view in zip(owners.items(), views):
        vectors = change(modality, latent @ view + 0.1 * rng.standard_normal((400, width)))[items].astype(np.float32)
        ids = tuple(f"{i:04d}" for i in items)
        posterior = np.abs(latent[items] @ rng.standard_normal((6, CONCEPTS)))
        steps = [np.clip(np.repeat(row[None], 1 + i % 3, axis=0), -6e4, 6e4) for i, row in enumerate(vectors)]
        seen = Concepts(tuple(map(str, range(CONCEPTS))), posterior, labels.astype(np.float32)[:, : vectors.shape[1]])
        keys = tuple(modality + item for item in ids)
        concepts = None if modality == "text" else seen
        pivots = change(modality, np.random.default_rng(6).standard_normal((30, 6)) @ view)
        texts = Pivots(tuple(map(str, range(30))), (frozenset(),) * 30, pivots)
        sets[modality] = EmbeddingSet(
            modality, ids, keys, vectors, "toy@1", concepts, sequences=as_sequences(steps), pivots=texts
        )
    return sets


def both(count: int = ITEMS) -> dict[str, range]:
    return {"text": range(count), "image": range(count)}


def only(modality: str, change: Callable[[np.ndarray], np.ndarray]) -> Change:
    return lambda m, vectors: change(vectors) if m == modality else vectors


def repeated_columns(modality: str, vectors: np.ndarray) -> np.ndarray:
    return np.hstack([np.full_like(vectors[:, :3], 2.0), vectors[:, 3:6], vectors[:, 3:9]])


def one_zero_row_in_four(modality: str, vectors: np.ndarray) -> np.ndarray:
    return np.where((np.arange(len(vectors)) % 4 > 0)[:, None], vectors, 0)


ODD: dict[str, Callable[[], Sets]] = {
    "two pairs": lambda: made(both(2)),
    "three pairs": lambda: made(both(3)),
    "five pairs of fifty dimensions": lambda: made(both(5), width=50),
    "constant and duplicate columns": lambda: made(both(), repeated_columns),
    "all texts the same": lambda: made(both(), only("text", lambda x: np.repeat(x[:1], len(x), axis=0))),
    "a hundred pictures a text": lambda: made({"text": range(4), "image": range(400)}),
    "a single pair": lambda: made({"text": range(1), "image": range(50)}),
    "huge": lambda: made(both(), lambda m, x: x * 1e18),
    "tiny": lambda: made(both(), lambda m, x: x * 1e-30),
    "one dimension": lambda: made(both(), only("text", lambda x: x[:, :1])),
    "no dimension": lambda: made(both(), only("text", lambda x: x[:, :0])),
    "rows of zeros": lambda: made(both(), one_zero_row_in_four),
    "no item in common": lambda: made({"text": range(30), "image": range(30, 60)}),
    "one modality": lambda: {"image": made(both())["image"]},
    "an empty modality": lambda: {**made(both()), "text": made(both())["text"].take([])},
    "a third modality without a pair": lambda: made({**both(), "audio": range(50, 60)}),
    "a third modality of one item": lambda: made({**both(), "audio": range(1)}),
}
"""Name -> sets that something may be wrong with."""


def small(name: str) -> dict[str, int]:
    """Parameters that end a training early: what is asked here does not depend on its length."""
    declared = ALIGNERS.get(name).declared_params()
    return {p: max(6, int(declared[p].low or 0)) for p in ("steps", "refinement") if p in declared}


@every_aligner
@pytest.mark.parametrize("odd", ODD)
def test_odd_collections_are_refused_in_words_or_placed(name: str, odd: str) -> None:
    sets, model = ODD[odd](), ALIGNERS.create(name, **small(name))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            model.fit(sets)
        except BadInput as refusal:
            assert len(str(refusal)) > 30 and "\n" not in str(refusal)
            return
        placed = {m: model.transform(s) for m, s in sets.items() if len(s)}
    for modality, x in placed.items():
        lengths = np.linalg.norm(x, axis=1)
        assert np.isfinite(x).all(), modality
        assert name == "as-is" or ((np.abs(lengths - 1) < 1e-3) | (lengths == 0)).all(), modality
    assert all(np.isfinite(value) for row in model.history for value in row.values())


@learns_from_pairs
@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ("no item in common", "{name} learns from items that have both text and image: 0 do"),
        ("a single pair", "{name} learns from items that have both text and image: 1 do"),
        ("all texts the same", "{name} cannot learn from text: all its paired rows are identical"),
        ("one modality", "{name} aligns two modalities or more; image was given"),
    ],
)
def test_what_pairs_cannot_teach_is_said_in_the_name_of_the_chosen_aligner(name: str, odd: str, words: str) -> None:
    with pytest.raises(BadInput, match=words.format(name=name)):
        ALIGNERS.create(name).fit(ODD[odd]())


class StopAt:
    """Progress that is cancelled at the first message after so many."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def __call__(self, fraction: float, message: str) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise Cancelled


@pytest.mark.parametrize("name", [n for n in ALIGNERS.names() if small(n)])
def test_what_trains_step_by_step_can_be_cancelled_in_the_midst_of_it(name: str) -> None:
    with pytest.raises(Cancelled):
        ALIGNERS.create(name).fit(made(both()), progress=StopAt(4))


@pytest.mark.parametrize("name", ["autoencoder", "infonce-mlp", "self-attention", "transformer", "adversarial"])
def test_fits_in_several_threads_at_once_come_out_as_one_alone(name: str) -> None:
    sets, found = made(both()), {}

    def work(number: int) -> None:
        model = ALIGNERS.create(name, **small(name)).fit(sets, seed=number % 2)
        found[number] = {m: model.transform(s) for m, s in sets.items()}

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work(5)
    for modality, alone in found[5].items():
        np.testing.assert_array_equal(found[1][modality], alone)
        np.testing.assert_array_equal(found[3][modality], alone)


def aligned(sets: Sets, choices: Choices, store: Store, **columns: list[str]):
    ids = sorted({item for s in sets.values() for item in s.ids})
    collection = Collection("odd", pd.DataFrame(columns, index=ids), (), vectors=sets)
    return align(collection, Encoding(sets, dict.fromkeys(sets, "toy@1"), {}, (), {}), choices, store=store)


@pytest.mark.parametrize("name", ["procrustes", "relative", "late-average", "graph"])
def test_a_third_modality_that_a_fold_lacks_does_not_stop_the_pair(name: str, tmp_path) -> None:
    sets = made({**both(), "audio": range(12)})
    folds = ["first" if i < 12 else "second" for i in range(ITEMS)]
    run = aligned(sets, Choices(aligner=name, fold_column="fold"), Store(tmp_path), fold=folds)
    assert run.report["n_test"] == ITEMS and run.report["left_out"] == [] and set(run.result.space) == set(sets)


@pytest.mark.parametrize("name", ["procrustes", "relative", "unpaired"])
def test_a_third_modality_that_teaches_nothing_is_left_out(name: str, tmp_path) -> None:
    sets = made({**both(), "audio": range(ITEMS)}, only("audio", np.ones_like))
    run = aligned(sets, Choices(aligner=name), Store(tmp_path))
    assert run.report["left_out"] == ["audio"] and set(run.result.space) == {"text", "image"}

"""What is right for a query, where many items share one content: in a sample, in a part of a map, and kept small."""

from __future__ import annotations

import numpy as np
import pytest

from mmalign_core.data.tabular.metadata import metadata_frame
from mmalign_core.metrics import sampling
from mmalign_core.metrics.ranking import measure_direction
from mmalign_core.metrics.retrieval import right_answers
from mmalign_core.store import Store
from mmalign_core.triage.judgements import judgements_of
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.workflow import Choices, align, encode, similarity_block
from mmalign_core.workflow.similarity_matrix import right_pair

ITEMS, CLASSES = 600, 6
SCORING = Choices(pair=("image", "text"), aligner="as-is").scoring()


def classes() -> tuple[EmbeddingSet, EmbeddingSet]:
    """Pictures near the text of their class, and one of a few texts for each item."""
    rng = np.random.default_rng(0)
    of = np.arange(ITEMS) % CLASSES
    centres, ids = np.eye(CLASSES, 8), [f"i{n:03d}" for n in range(ITEMS)]
    near = centres[of] + 0.3 * rng.standard_normal((ITEMS, 8))
    return (
        EmbeddingSet("image", ids, [f"p{n}" for n in range(ITEMS)], near, "given@1"),
        EmbeddingSet("text", ids, [f"t{n}" for n in of], centres[of], "given@1"),
    )


def test_a_sample_of_queries_has_the_right_answers_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    image, text = classes()
    whole = [measure_direction(*ways, SCORING).outcome for ways in ((text, image), (image, text))]
    monkeypatch.setattr(sampling, "MOST_PRODUCTS", 0)
    monkeypatch.setattr(sampling, "SAMPLED", 30)
    for ways, all_of_them in zip(((text, image), (image, text)), whole):
        found = measure_direction(*ways, SCORING)
        assert found.sampled_of == ITEMS and len(found.items) == 30
        asked = [ways[0].ids.index(item) for item in found.items]
        assert np.array_equal(found.outcome.ranks, all_of_them.ranks[asked])


def test_shared_contents_are_kept_once() -> None:
    image, text = classes()
    truth = right_answers(text, image)
    assert truth.answers.nnz == ITEMS and truth.count == ITEMS * ITEMS // CLASSES
    some = truth.take(np.array([7, 1]))
    assert sorted(some.pairs(slice(0, 1))[1].tolist()) == list(range(1, ITEMS, CLASSES))
    assert truth.grid(np.array([0, 1]), np.array([6, 7])).tolist() == [[True, False], [False, True]]


def test_judgements_of_some_queries_still_know_what_is_right() -> None:
    image, text = classes()
    truth = right_answers(text, image)
    scores = SCORING.scores(text, image)
    judged = judgements_of(("text", "image"), text, image, scores, SCORING.match(scores), truth=truth)
    assert np.array_equal(judged.missed, ~judged.correct)
    assert np.array_equal(judged.take(np.array([5, 3])).missed, judged.missed[[5, 3]])


def test_a_part_of_the_matrix_shows_answers_that_are_right_by_items_beside_it(store: Store) -> None:
    image, text = classes()
    collection = Collection("classes", metadata_frame(image.ids, {}), (), vectors={"image": image, "text": text})
    choices = Choices(pair=("image", "text"), aligner="as-is")
    run = align(collection, encode(collection, store=store), choices, store=store)
    block = similarity_block(run, "image", "text", limit=20)
    same = np.array([[text.keys[row] for row in block.target_rows]]) == np.array(
        [[text.keys[row]] for row in block.source_rows]
    )
    assert np.array_equal(block.right, same) and same.sum() > 20
    assert right_pair(block, 0, CLASSES) and not right_pair(block, 0, 1)

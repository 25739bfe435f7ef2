"""The similarity matrix and judged pairs use the run's own scores and decisions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.scoring.corrections import CORRECTIONS
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Collection, EmbeddingSet
from mmalign_core.workflow import Choices, Encoding, Run, align, judge_in_space, similarity_block
from mmalign_core.workflow.similarity_matrix import judged_rows

N = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """60 pairs of given vectors as they are, with a hub among the texts and two captions of each item."""
    rng = np.random.default_rng(0)
    ids = tuple(f"i{k:02d}" for k in range(N))
    pictures = rng.standard_normal((N, 16)) + 0.7
    words = np.repeat(pictures, 2, axis=0) + 1.2 * rng.standard_normal((2 * N, 16))
    words[7] = 0.7
    sets = {
        "image": EmbeddingSet("image", ids, ids, pictures, "given@1"),
        "text": EmbeddingSet("text", tuple(np.repeat(ids, 2)), tuple(f"t{k}" for k in range(2 * N)), words, "given@1"),
    }
    collection = Collection("toy", pd.DataFrame(index=list(ids)), (), vectors=sets)
    choices = Choices(pair=("image", "text"), aligner="as-is")
    store = Store(Path(tmp_path_factory.mktemp("viewing")))
    encoding = Encoding(sets, dict.fromkeys(sets, "given"), {}, (), {})
    return align(collection, encoding, choices, store=store)


def chosen(run: Run, **choices: object) -> Run:
    return replace(run, choices=replace(run.choices, **choices))


def dense(run: Run, source: str, target: str) -> np.ndarray:
    """Every score of the direction at once."""
    correction = CORRECTIONS.create(run.choices.correction)
    x, y = (run.result.space[m].vectors for m in (source, target))
    return correction.scores(SIMILARITIES.create(run.choices.similarity), x, y).dense()


@pytest.mark.parametrize("correction", CORRECTIONS.names())
@pytest.mark.parametrize("ways", [("image", "text"), ("text", "image")])
def test_the_block_is_a_part_of_the_scores_that_rank(run: Run, correction: str, ways: tuple[str, str]) -> None:
    corrected = chosen(run, correction=correction)
    whole = dense(corrected, *ways)
    for ordering in ("collection", "worst pairs first"):
        block = similarity_block(corrected, *ways, limit=9, ordering=ordering)
        expected = whole[np.ix_(block.source_rows, block.target_rows)]
        np.testing.assert_allclose(block.scores, expected, atol=1e-5)
        first = block.every.take(block.source_rows[:1]).dense()
        np.testing.assert_allclose(first[0], whole[block.source_rows[0]], atol=1e-5)


@pytest.mark.parametrize("correction", CORRECTIONS.names())
def test_judgements_and_the_block_show_one_score_for_one_pair(run: Run, correction: str) -> None:
    corrected = chosen(run, correction=correction)
    whole, judged = dense(corrected, "image", "text"), judge_in_space(corrected, "image", "text")
    for row, source in enumerate(judged_rows(corrected, judged)):
        assert judged.chosen_score[row] == pytest.approx(whole[source, judged.chosen[row]], abs=1e-5)
        assert judged.right_score[row] == pytest.approx(whole[source, judged.right[row]], abs=1e-5)
        assert judged.chosen[row] == whole[source].argmax() and judged.decided[row]
        same = judged.candidates.ids[judged.chosen[row]] == judged.queries.ids[row]
        assert judged.correct[row] == (judged.rank[row] == 1) == same


def test_a_hub_that_is_corrected_is_chosen_less_often(run: Run) -> None:
    plain, corrected = (
        judge_in_space(chosen(run, correction=name), "image", "text").chosen.tolist() for name in ("none", "csls")
    )
    assert plain.count(7) > 2 * corrected.count(7)


@pytest.mark.parametrize("matcher", MATCHERS.names())
def test_judgements_show_what_the_runs_matcher_decides(run: Run, matcher: str) -> None:
    matched = chosen(run, matcher=matcher)
    scores, judged = matched.scores("text", "image"), judge_in_space(matched, "text", "image")
    found = MATCHERS.create(matcher).match(scores)
    best = {int(s): int(t) for s, t in zip(found.sources[::-1], found.targets[::-1])}
    for row, source in enumerate(map(int, judged_rows(matched, judged))):
        assert judged.decided[row] == (source in best)
        assert judged.chosen[row] == best.get(source, int(scores.take(np.array([source])).dense().argmax()))
        same = judged.candidates.ids[judged.chosen[row]] == judged.queries.ids[row]
        assert judged.correct[row] == (judged.decided[row] and same)


def test_more_than_the_matcher_can_weigh_is_judged_by_argmax(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = judge_in_space(run, "image", "text")
    monkeypatch.setattr("mmalign_core.scoring.matchers.hungarian.Hungarian.most_scores", 10)
    matched = judge_in_space(chosen(run, matcher="hungarian"), "image", "text")
    assert (matched.chosen == plain.chosen).all() and (matched.rank == plain.rank).all()


def test_a_modality_that_is_not_there_is_named(run: Run) -> None:
    for ask in (similarity_block, judge_in_space, Run.scores):
        with pytest.raises(BadInput, match="holds no audio; it holds: image, text"):
            ask(run, "image", "audio")

"""The scores and the decisions of a finished run, as its choices say: the same wherever a person looks at them."""

from __future__ import annotations

from mmalign_core.scoring.corrections import Scores
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.types import BadInput, EmbeddingSet, Matches
from mmalign_core.workflow.alignment.aligning import Run


def run_sets(run: Run, source: str, target: str) -> tuple[EmbeddingSet, EmbeddingSet]:
    """The rows of both modalities in the run's space; BadInput names one that it does not hold."""
    for modality in (source, target):
        if modality not in run.result.space:
            raise BadInput(f"this run holds no {modality}; it holds: {', '.join(run.result.space)}")
    return run.result.space[source], run.result.space[target]


def run_scores(run: Run, source: str, target: str) -> Scores:
    """All rows of one modality against all of another, under the run's similarity and correction.

    A correction looks at the queries of the run itself: everything in it is known by now.
    """
    sources, targets = run_sets(run, source, target)
    similarity = run.choices.new_similarity()
    correction = run.choices.new_correction()
    return correction.scores(similarity, sources.vectors, targets.vectors)


def run_matches(run: Run, scores: Scores) -> Matches:
    """The decisions of the run's matcher; of argmax where there is more to weigh than that matcher can."""
    matcher = run.choices.new_matcher()
    try:
        matcher.check_sizes(len(scores.sources), len(scores.targets))
    except BadInput:
        matcher = MATCHERS.create("argmax")
    return matcher.match(scores)

"""Use case: how well a run finds the right answers: in a sentence, by ranks, and what the diagnostics say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmalign_core.aligners import ALIGNERS
from mmalign_core.metrics.headline import leading_share
from mmalign_core.store import Store
from mmalign_core.triage.rank_bins import RankBin, measured_queries, rank_bins
from mmalign_core.triage.space_verdicts import SpaceVerdict, space_verdicts
from mmalign_core.types import EmbeddingSet, Progress, no_progress
from mmalign_core.wording import say, say_word
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.corrections import HubCorrection, better_correction
from mmalign_core.workflow.error_analysis.judgement import judge_all
from mmalign_core.workflow.error_analysis.refit import held_out_parts

_PLURALS = {"text": "texts", "image": "pictures", "audio": "sounds", "video": "videos"}
_SINGULARS = {"text": "text", "image": "picture", "audio": "sound", "video": "video"}


@dataclass(frozen=True)
class RankSummary:
    """`bins`: direction ("image->text") -> bins of the measured queries. `verdicts`: diagnostic -> verdict.

    `correction`: if hubs are a fault, the correction that surely helps; None if none does.
    """

    bins: Mapping[str, tuple[RankBin, ...]]
    verdicts: Mapping[str, SpaceVerdict]
    correction: HubCorrection | None = None


def summarise_ranks(run: Run, *, store: Store, progress: Progress = no_progress) -> RankSummary:
    """Return the ranks of the queries that the run's report measured, and the verdicts on its space.

    With folds each fold is fitted again. BadInput if nothing was measured, or vectors that a fold needs are gone.
    """
    judged = judge_all(run, store=store, progress=progress)
    bins = {way: rank_bins(measured_queries(found)) for way, found in judged.items()}
    verdicts = space_verdicts(
        run.report["space"],
        *_measured_rows(run),
        corrected=run.choices.correction != "none",
        trained=ALIGNERS.get(run.choices.aligner).needs_pairs,
    )
    hubs = any(verdict.remedy == "correct" for verdict in verdicts.values())
    return RankSummary(bins, verdicts, better_correction(run) if hubs else None)


def rank_sentence(report: Mapping[str, Any], way: str) -> str:
    """Return how many queries of this direction have a right answer among the first, with chance, interval and n.

    The cut is 10, and 1 where there are few candidates.
    """
    one, (source, target) = leading_share(report, way), way.split("->")
    low, high = one.low, one.high
    interval = (
        ""
        if low is None or high is None
        else say("; 95% interval {low:.0f} to {high:.0f}", low=100 * low, high=100 * high)
    )
    place = say("first") if one.few else say("among the first {cut}", cut=one.cut)
    queries, answer = say_word(_PLURALS.get(source, source)), say_word(_SINGULARS.get(target, target))
    return say(
        "The right {answer} is {place} for {share:.0f} of 100 {queries} (by chance "
        "{chance:.0f}{interval}; each of {n:,} {queries} ranks {candidates:,} {targets}).",
        answer=answer,
        place=place,
        share=100 * one.value,
        queries=queries,
        chance=100 * one.chance,
        interval=interval,
        n=one.n,
        candidates=report["metrics"][way]["candidates"],
        targets=say_word(_PLURALS.get(target, target)),
    )


def _measured_rows(run: Run) -> tuple[EmbeddingSet, EmbeddingSet]:
    """Return the rows of both modalities that were measured in the run's space; all of them with folds."""
    a, b = (run.result.space[modality] for modality in run.choices.pair)
    parts = held_out_parts(run)
    return (a.of_items(parts[0].test), b.of_items(parts[0].test)) if len(parts) == 1 else (a, b)

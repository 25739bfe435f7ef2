"""Use case: what each query of a run was answered with, judged as the run's report measured it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mmalign_core.metrics.questions import questions, sample_of
from mmalign_core.progress import pulsing, within
from mmalign_core.scoring.decision import Scoring
from mmalign_core.store import Store
from mmalign_core.triage.judgements import Judgements, joined, judgements_of
from mmalign_core.types import BadInput, EmbeddingSet, Progress, no_progress
from mmalign_core.wording import say, say_list
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.refit import MeasuredPart, measured_parts

Direction = tuple[str, str]
_FITTED = 0.5
"""Share of the progress for the fits, which only folds need. Our choice."""


def directions_of(run: Run) -> tuple[Direction, Direction]:
    """Both directions that the run was measured in; BadInput where nothing was."""
    if not run.report.get("metrics"):
        why = run.report.get("unmeasured") or say("nothing was aligned")
        raise BadInput(
            say("run '{id}' has no measured pairs ({why}), so nothing can be called an error", id=run.id, why=why)
        )
    a, b = run.choices.pair
    return (a, b), (b, a)


def direction_named(run: Run, name: str) -> Direction:
    """The direction that is written so ("image->text"); BadInput lists those of the run."""
    known = {"->".join(way): way for way in directions_of(run)}
    if name not in known:
        raise BadInput(
            say(
                "unknown direction '{name}'; run '{id}' was measured in: {known}",
                name=name,
                id=run.id,
                known=say_list(known),
            )
        )
    return known[name]


def judge(run: Run, direction: Direction, *, store: Store, progress: Progress = no_progress) -> Judgements:
    """The answerable queries of one direction, by row of their modality in the run's space.

    Held-out queries are ranked among the held-out candidates of their fold, by the fit that did not see them, with
    the bank and the threshold of that fit: their ranks and decisions are those of the run's report. With folds each
    fold is fitted again for it. All other queries are ranked among all candidates in the run's space. BadInput where
    nothing was measured in this direction, or the vectors that the folds were fitted on are gone.
    """
    return judge_all(run, [direction], store=store, progress=progress)["->".join(direction)]


def judge_all(
    run: Run, directions: Sequence[Direction] | None = None, *, store: Store, progress: Progress = no_progress
) -> dict[str, Judgements]:
    """Direction ("image->text") -> its judgements, as `judge` gives them, with each fold fitted but once."""
    measured = directions_of(run)
    for way in directions or ():
        direction_named(run, "->".join(way))
    ways, judged = directions or measured, {}
    parts = measured_parts(run, store=store, progress=within(progress, 0.0, _FITTED))
    for number, way in enumerate(ways):
        start, end = (_FITTED + (1 - _FITTED) * (number + more) / len(ways) for more in (0, 1))
        judged["->".join(way)] = _judged(run, way, parts, within(progress, start, end, f"{way[0]} to {way[1]}: "))
    return judged


def _judged(run: Run, direction: Direction, parts: Sequence[MeasuredPart], progress: Progress) -> Judgements:
    """The judgements of all parts, and of the queries that no part holds, as rows of the run's space."""
    (source, target), (sources, targets) = direction, run.sets(*direction)
    scoring, judged, rows = run.choices.scoring(), [], []
    steps = len(parts) + bool(parts[0].number)
    for number, part in enumerate(parts):
        shown = within(progress, number / steps, (number + 1) / steps)
        asked, own = part.space[source], part.scoring(scoring, "->".join(direction))
        bank = part.bank.get(source)
        queries, found = _among(direction, asked, part.space[target], own, bank, part.number, progress=shown)
        places = _rows_of(targets, part.space[target])
        rows.append(_rows_of(sources, asked)[queries])
        judged.append(replace(found, chosen=places[found.chosen], right=places[found.right]))
    if parts[0].number:
        shown = within(progress, len(parts) / steps, 1.0)
        queries, found = _among(direction, sources, targets, scoring, progress=shown)
        rest = ~np.isin(queries, np.concatenate(rows))
        rows.append(queries[rest])
        judged.append(found.take(rest))
    every = np.concatenate(rows)
    return joined(judged, sources.take(every), targets).take(np.argsort(every))


def _among(
    direction: Direction,
    sources: EmbeddingSet,
    targets: EmbeddingSet,
    scoring: Scoring,
    bank: EmbeddingSet | None = None,
    fold: int = 0,
    *,
    progress: Progress,
) -> tuple[np.ndarray, Judgements]:
    """The rows of the answerable queries, or of a sample where the report has one, and how they fare among these
    targets."""
    asked = questions(sources, targets, scoring, sample_of(sources, targets, scoring))
    scores = scoring.scores(asked.queries, targets, bank)
    with pulsing(progress, 0.0, say("searching what every query chose")):
        matches = scoring.for_sizes(len(asked.rows), len(targets)).match(scores)
    truth = asked.truths[0]
    judged = judgements_of(
        direction, asked.queries, targets, scores, matches, truth=truth, fold=fold, progress=progress
    )
    return asked.rows, judged


def _rows_of(rows: EmbeddingSet, part: EmbeddingSet) -> np.ndarray:
    """Where the rows of the part, those of some items in their present order, stand among all rows."""
    items = set(part.ids)
    return np.array([row for row, item in enumerate(rows.ids) if item in items], int)

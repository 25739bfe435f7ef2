"""Use case: what stands out in a run, in sentences, the costliest first, each computed from its own queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mmalign_core.aligners import ALIGNERS
from mmalign_core.data.titles import item_titles, one_line
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.triage.causes import CAUSES
from mmalign_core.triage.causes.hub import Hub
from mmalign_core.types import BadInput, EmbeddingSet, Progress, no_progress
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.comparison.comparison import compare
from mmalign_core.workflow.error_analysis.corrections import METRIC, better_correction, mean_gain, paired_gains
from mmalign_core.workflow.error_analysis.encoded import encoded_again
from mmalign_core.workflow.error_analysis.error_report import ErrorReport
from mmalign_core.workflow.error_analysis.errors import find_errors
from mmalign_core.workflow.error_analysis.slices import slices_of

FIRST = 10
"""The rank that counts as found: what fits on one screen of answers, and the largest recall that reports give."""
_TRAINED = "infonce-linear"
"""The trained aligner that is tried: the one that the other heads start from."""
_FEWEST_PAIRS = 60
"""Pairs from which a trained aligner is tried: a fifth held out leaves at least twelve queries. Our choice."""
_HELD_OUT = 0.2
"""Share held out to measure a trained aligner: the share that the README's examples hold out."""
_LONGEST_NAME = 60
"""Characters of a candidate that a finding names; our choice: it stays one line."""


@dataclass(frozen=True)
class Finding:
    """One sentence on a run. `kind`: "headline", "correction", "training", "cause" or "slice".

    `cost`: the share of queries (0..1) that it concerns or would win, by which findings are ordered. `action`: what a
    person can do about it, as plain data: {"page": "errors", "cause": …}, {"page": "errors", "slice": …} or
    {"page": "align", "choices": …}. `evidence`: the numbers behind the sentence, with n and intervals.
    """

    kind: str
    sentence: str
    cost: float
    action: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)


def find_findings(
    run: Run, *, store: Store, settings: Settings | None = None, progress: Progress = no_progress
) -> tuple[Finding, ...]:
    """The headline of the run, then all that was found, the costliest first.

    A change is offered only where the 95% interval of its paired difference lies above 0. BadInput where nothing was
    measured.
    """
    held_out, shown = run.choices.holds_out, within(progress, 0.0, 0.5)
    errors = find_errors(run, store=store, held_out=held_out, settings=settings, progress=shown)
    found = [*_causes(errors)]
    progress(0.5, "trying corrections for hubs")
    found += _correction(run, errors)
    found += _slice(run, errors, store, settings)
    found += _training(run, store, settings, within(progress, 0.6, 1.0))
    progress(1.0, f"{len(found):,} findings")
    return (_headline(run), *sorted(found, key=lambda finding: -finding.cost))


def _headline(run: Run) -> Finding:
    """The direction that finds least: how many of its queries have a right answer among the first ten."""
    metrics, chance = run.report["metrics"], run.report["baseline"]
    way = min(metrics, key=lambda name: metrics[name][METRIC])
    values, source, target = metrics[way], *way.split("->")
    low, high = run.report["ci95"][way].get(METRIC, (None, None))
    interval = "" if low is None else f"; 95% interval {low:.0%} to {high:.0%}"
    words = (
        f"The right {target} is among the first {FIRST} for {_of_100(values[METRIC])} of 100 queries by {source} "
        f"(by chance {_of_100(chance[way][METRIC])}{interval}; {values['n']:,} queries)."
    )
    if low is not None and low <= chance[way][METRIC]:
        words += " The interval does not lie above chance."
    evidence = {"direction": way, "metric": METRIC, "value": values[METRIC], "n": values["n"], "ci95": [low, high]}
    return Finding("headline", words, 1 - values[METRIC], {"page": "errors", "direction": way}, evidence)


def _causes(errors: ErrorReport) -> list[Finding]:
    """How many of the missed queries have each cause, in the direction where it is most frequent."""
    found = []
    for name in CAUSES.names():
        counts = {
            way: sum(any(cause.name == name for cause in causes) for causes in part.causes)
            for way, part in errors.directions.items()
        }
        way = max(counts, key=lambda direction: counts[direction])
        if not counts[way]:
            continue
        n = len(errors.directions[way].judgements)
        words = f"{CAUSES.get(name).summary_of(way)}: {counts[way]:,} of {n:,} queries {way.replace('->', ' → ')}."
        if name == Hub.name:
            words = _hub_words(errors, way, counts[way])
        action = {"page": "errors", "cause": name, "direction": way}
        found.append(Finding("cause", words, counts[way] / n, action, {"cause": name, "k": counts[way], "n": n}))
    return found


def _hub_words(errors: ErrorReport, way: str, crowded: int) -> str:
    """The largest hub of this direction by name, and how many queries hubs crowd."""
    part = errors.directions[way]
    hubs = [
        (row, cause.evidence) for row, causes in enumerate(part.causes) for cause in causes if cause.name == Hub.name
    ]
    row, largest = max(hubs, key=lambda hub: hub[1]["k"])
    judged = part.judgements
    name = one_line(_name(errors, judged.candidates, int(judged.chosen[row])), _LONGEST_NAME)
    return (
        f"'{name}' is chosen for {largest['k']:,} of {largest['n']:,} queries {way.replace('->', ' → ')}; such hubs "
        f"crowd out the right answer of {crowded:,}."
    )


def _slice(run: Run, errors: ErrorReport, store: Store, settings: Settings | None) -> list[Finding]:
    """The slice that surely finds less than the rest and costs most queries; nothing where none surely does."""
    report = slices_of(run, errors, store=store, metric=METRIC, settings=settings)
    worst = report.worst()
    if worst is None:
        return []
    way, one = worst
    n, (low, high) = report.directions[way].n, one.difference_ci95
    words = (
        f"Queries {way.replace('->', ' → ')} of '{one.group.label}' find less: a right answer is among the first "
        f"{FIRST} for {_of_100(one.value)} of 100 instead of {_of_100(one.rest)} ({one.n:,} of {n:,} queries; 95% "
        f"interval {100 * low:+.1f} to {100 * high:+.1f} points, q = {one.q:.2g})."
    )
    action = {"page": "errors", "slice": one.key, "direction": way}
    evidence = {
        "direction": way, "slice": one.key, "metric": METRIC, "n": one.n, "value": one.value, "ci95": [*one.ci95],
        "rest": one.rest, "difference": one.difference, "difference_ci95": [low, high], "p": one.p, "q": one.q,
    }  # fmt: skip
    return [Finding("slice", words, -one.n * one.difference / n, action, evidence)]


def _correction(run: Run, errors: ErrorReport) -> list[Finding]:
    """The correction for hubs that helps most, with the largest hub by name; nothing where none surely helps."""
    found = better_correction(run)
    if found is None:
        return []
    way, hub, share = _largest_hub(errors)
    words = (
        f"'{hub}' is chosen for {share:.0%} of the queries {way.replace('->', ' → ')}. Correcting for hubs "
        f"({found.name}) brings {_points(found.gain)} of recall@{FIRST}{_interval(found.gains)}."
    )
    action = {"page": "align", "choices": {"correction": found.name}}
    return [
        Finding("correction", words, found.gain, action, {"correction": found.name, "hub": hub, "gains": found.gains})
    ]


def _training(run: Run, store: Store, settings: Settings | None, progress: Progress) -> list[Finding]:
    """What an aligner that learns from the known pairs finds of held-out ones, beside the run's own aligner."""
    n = min(values["n"] for values in run.report["metrics"].values())
    pair = run.choices.pair
    if ALIGNERS.get(run.choices.aligner).needs_pairs or n < _FEWEST_PAIRS:
        return []
    if not set(pair) <= set(ALIGNERS.get(_TRAINED).modalities):
        return []
    try:
        encoding = encoded_again(run, store=store, settings=settings)
        own = replace(run.choices, test=_HELD_OUT, folds=None, fold_column=None, time_column=None)
        trained = replace(own, aligner=_TRAINED, params=None)
        board = compare(run.collection, encoding, [own, trained], store=store, progress=progress)
    except BadInput:
        return []  # vectors that are gone, or a split that cannot be made: then there is nothing to offer
    rows = {row["aligner"]: row for row in board.rows if not row["error"]}
    if set(rows) != {own.aligner, _TRAINED}:
        return []
    gains = paired_gains(rows[_TRAINED]["directions"], rows[own.aligner]["directions"])
    way = "->".join(pair)
    if min(gain["low"] for gain in gains.values()) <= 0:
        return []
    after, before = (rows[name]["metrics"][way][METRIC] for name in (_TRAINED, own.aligner))
    words = (
        f"{rows[_TRAINED]['n_train']:,} pairs are known: a trained aligner ({_TRAINED}) finds {_of_100(after)} of 100 "
        f"queries {way.replace('->', ' → ')} instead of {_of_100(before)}, on {rows[_TRAINED]['n_test']:,} held-out "
        f"items{_interval(gains)}."
    )
    action = {"page": "align", "choices": {"aligner": _TRAINED, "params": {}, "test": _HELD_OUT}}
    return [Finding("training", words, mean_gain(gains), action, {"aligner": _TRAINED, "gains": gains})]


def _largest_hub(errors: ErrorReport) -> tuple[str, str, float]:
    """Direction, name and share of the candidate that most queries of a direction choose."""
    most: list[tuple[float, str, str]] = []
    for way, part in errors.directions.items():
        row, count = Counter(part.judgements.chosen.tolist()).most_common(1)[0]
        most.append((count / len(part.judgements), way, _name(errors, part.judgements.candidates, row)))
    share, way, name = max(most)
    return way, name, share


def _name(errors: ErrorReport, rows: EmbeddingSet, row: int) -> str:
    """What a person calls this row: a text itself, else the title of its item."""
    name = errors.name_of(rows, row)
    return item_titles(errors.collection).get(name, name) if name == rows.ids[row] else name


def _interval(gains: Mapping[str, Mapping[str, float]]) -> str:
    """The widest of the directions' intervals, in points."""
    low, high = min(gain["low"] for gain in gains.values()), max(gain["high"] for gain in gains.values())
    return f" (95% intervals {100 * low:+.1f} to {100 * high:+.1f} points)"


def _points(gain: float) -> str:
    return f"{100 * gain:+.1f} points"


def _of_100(share: float) -> str:
    return f"{100 * share:.0f}"

"""Use case: what stands out in a run, in sentences, the costliest first, each computed from its own queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mmalign_core.data.titles import one_line
from mmalign_core.metrics.headline import leading_metric, leading_share
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.triage.causes import CAUSES
from mmalign_core.triage.causes.hub import Hub
from mmalign_core.types import Progress, no_progress
from mmalign_core.wording import say, say_way
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.error_report import ErrorReport
from mmalign_core.workflow.error_analysis.errors import find_errors
from mmalign_core.workflow.error_analysis.finding import Finding, in_order, of_100, row_name
from mmalign_core.workflow.error_analysis.offered_changes import correction, training
from mmalign_core.workflow.error_analysis.slices import slices_of

_LONGEST_NAME = 60
"""Characters of a candidate that a finding names; our choice: it stays one line."""


def find_findings(
    run: Run,
    *,
    store: Store,
    settings: Settings | None = None,
    progress: Progress = no_progress,
    watch: Callable[[tuple[Finding, ...]], None] = lambda found: None,
) -> tuple[Finding, ...]:
    """The headline of the run, then all that was found, the costliest first.

    A change is offered only where the 95% interval of its paired difference lies above 0. `watch` gets what is found so
    far, in the same order, as soon as more is known: the headline at once. BadInput where nothing was measured.
    """
    found: list[Finding] = []

    def add(more: Sequence[Finding]) -> None:
        found.extend(more)
        watch(in_order(run, found))

    add([])
    held_out, shown = run.choices.holds_out, within(progress, 0.0, 0.4)
    errors = find_errors(run, store=store, held_out=held_out, settings=settings, progress=shown)
    add(_causes(errors))
    progress(0.4, say("trying corrections for hubs"))
    add(correction(run, errors))
    add(_slice(run, errors, store, settings))
    add(training(run, store, settings, within(progress, 0.5, 1.0)))
    progress(1.0, f"{len(found):,} findings")
    return in_order(run, found)


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
        words = say(
            "{summary_of}: {counts:,} of {n:,} queries {way}.",
            summary_of=CAUSES.get(name).summary_of(way),
            counts=counts[way],
            n=n,
            way=say_way(way),
        )
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
    name = one_line(row_name(errors, judged.candidates, int(judged.chosen[row])), _LONGEST_NAME)
    return say(
        "'{name}' is chosen for {k:,} of {n:,} queries {way}; such hubs crowd out the right answer of {crowded:,}.",
        name=name,
        k=largest["k"],
        n=largest["n"],
        way=say_way(way),
        crowded=crowded,
    )


def _slice(run: Run, errors: ErrorReport, store: Store, settings: Settings | None) -> list[Finding]:
    """The slice that surely finds less than the rest and costs most queries; nothing where none surely does."""
    metric = leading_metric(run.report)
    report = slices_of(run, errors, store=store, metric=metric, settings=settings)
    worst = report.worst()
    if worst is None:
        return []
    way, one = worst
    n, (low, high) = report.directions[way].n, one.difference_ci95
    words = say(
        "Queries {way} of '{label}' find less: a right answer is among the first {first} for "
        "{share} of 100 instead of {rest} ({n:,} of {of:,} queries; 95% interval {low:+.1f} to "
        "{high:+.1f} points, q = {q:.2g}).",
        way=say_way(way),
        label=one.group.label,
        first=leading_share(run.report, way).cut,
        share=of_100(one.value),
        rest=of_100(one.rest),
        n=one.n,
        of=n,
        low=100 * low,
        high=100 * high,
        q=one.q,
    )
    action = {"page": "errors", "slice": one.key, "direction": way}
    evidence = {
        "direction": way, "slice": one.key, "metric": metric, "n": one.n, "value": one.value, "ci95": [*one.ci95],
        "rest": one.rest, "difference": one.difference, "difference_ci95": [low, high], "p": one.p, "q": one.q,
    }  # fmt: skip
    return [Finding("slice", words, -one.n * one.difference / n, action, evidence)]

"""A finding: one sentence on a run with its numbers, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mmalign_core.data.titles import item_titles
from mmalign_core.types import EmbeddingSet
from mmalign_core.wording import say, say_word
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.error_report import ErrorReport

FIRST = 10
"""The rank that counts as found: what fits on one screen of answers, and the largest recall that reports give."""
METRIC = f"recall@{FIRST}"


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


def headline(run: Run) -> Finding:
    """Return the direction that finds least: how many of its queries have a right answer among the first ten."""
    metrics, chance = run.report["metrics"], run.report["baseline"]
    way = min(metrics, key=lambda name: metrics[name][METRIC])
    values, source, target = metrics[way], *way.split("->")
    low, high = run.report["ci95"][way].get(METRIC, (None, None))
    interval = "" if low is None else say("; 95% interval {low:.0%} to {high:.0%}", low=low, high=high)
    words = say(
        "The right {target} is among the first {first} for {found} of 100 queries by {source} (by "
        "chance {by_chance}{interval}; {n:,} queries).",
        target=say_word(target),
        first=FIRST,
        found=of_100(values[METRIC]),
        source=say_word(source),
        by_chance=of_100(chance[way][METRIC]),
        interval=interval,
        n=values["n"],
    )
    if low is not None and low <= chance[way][METRIC]:
        words += say(" The interval does not lie above chance.")
    evidence = {"direction": way, "metric": METRIC, "value": values[METRIC], "n": values["n"], "ci95": [low, high]}
    return Finding("headline", words, 1 - values[METRIC], {"page": "errors", "direction": way}, evidence)


def in_order(run: Run, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the headline of the run, then the others by falling cost."""
    return (headline(run), *sorted(found, key=lambda finding: -finding.cost))


def of_100(share: float) -> str:
    """Return the share (0..1) as a number of 100, without decimals."""
    return f"{100 * share:.0f}"


def row_name(errors: ErrorReport, rows: EmbeddingSet, row: int) -> str:
    """Return what a person calls this row: a text itself, else the title of its item."""
    name = errors.name_of(rows, row)
    return item_titles(errors.collection).get(name, name) if name == rows.ids[row] else name

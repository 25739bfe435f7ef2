"""A finding: one sentence on a run with its numbers, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mmalign_core.data.titles import item_titles
from mmalign_core.metrics.headline import LeadingShare, leading_share
from mmalign_core.types import EmbeddingSet
from mmalign_core.wording import say, say_word
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.error_report import ErrorReport


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
    shares = {way: leading_share(run.report, way) for way in run.report["metrics"]}
    way = min(shares, key=lambda name: shares[name].value)
    one = shares[way]
    words = _headline_words(one, *way.split("->"))
    if one.low is not None and one.low <= one.chance:
        words += say(" The interval does not lie above chance.")
    evidence = {
        "direction": way, "metric": one.metric, "value": one.value, "n": one.n, "ci95": [one.low, one.high],
        "chance": one.chance,
    }  # fmt: skip
    return Finding("headline", words, 1 - one.value, {"page": "errors", "direction": way}, evidence)


def _headline_words(one: LeadingShare, source: str, target: str) -> str:
    interval = "" if one.low is None else say("; 95% interval {low:.0%} to {high:.0%}", low=one.low, high=one.high)
    if one.few:
        return say(
            "The right {target} comes first for {hits:,} of {n:,} queries by {source}, each among "
            "{candidates:,} (by chance {by_chance} of 100{interval}).",
            target=say_word(target),
            hits=one.hits,
            n=one.n,
            source=say_word(source),
            candidates=round(one.candidates),
            by_chance=of_100(one.chance),
            interval=interval,
        )
    return say(
        "The right {target} is among the first {first} for {found} of 100 queries by {source} (by "
        "chance {by_chance}{interval}; {n:,} queries).",
        target=say_word(target),
        first=one.cut,
        found=of_100(one.value),
        source=say_word(source),
        by_chance=of_100(one.chance),
        interval=interval,
        n=one.n,
    )


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

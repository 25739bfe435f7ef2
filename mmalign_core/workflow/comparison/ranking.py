"""Rows of a comparison in ranking order, each compared with the best of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.aligners import ALIGNERS
from mmalign_core.metrics.bootstrap import paired_bootstrap
from mmalign_core.metrics.retrieval import Direction
from mmalign_core.wording import say

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """`rows` in ranking order: first those that rank each query independently, then the transductive, then the failed.

    Each has against_best: direction -> metric -> {difference (this row minus the best of its kind), ci95, p} by paired
    bootstrap over the items; {} for the best itself and for failed rows.
    """

    rows: tuple[Row, ...]

    def report(self) -> list[dict[str, Any]]:
        """Return the rows of `compare --json`."""
        return [{name: value for name, value in row.items() if name != "directions"} for row in self.rows]


def ranked(rows: Sequence[Row], *, seed: int = 0) -> Comparison:
    """Return the rows in ranking order, also after a cancelled comparison. `seed`: of the resampling.

    The criterion is quality, the mean MRR of both directions, then the name. Transductive rows are ranked separately,
    because they use all queries together.
    """
    order = sorted(rows, key=lambda row: (_kind(row), -(row["quality"] or 0.0), row["aligner"]))
    best: dict[int, Row] = {}
    for row in order:
        best.setdefault(_kind(row), row)
    return Comparison(tuple({**row, "against_best": _against(row, best[_kind(row)], seed)} for row in order))


def only_right(rows: Sequence[Row]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return aligner -> direction -> the items of the queries that this row alone decides right.

    An item stands once for each of its queries. `rows` of one comparison, in any order; failed ones do not count. {}
    with fewer than two measured rows.
    """
    measured = [row for row in rows if not row["error"]]
    found: dict[str, dict[str, tuple[str, ...]]] = {row["aligner"]: {} for row in measured} if measured[1:] else {}
    for way in measured[0]["directions"] if found else ():
        items = measured[0]["directions"][way].items
        correct = np.array([row["directions"][way].outcome.correct for row in measured])
        alone = correct & (correct.sum(0) == 1)
        for row, mask in zip(measured, alone):
            found[row["aligner"]][way] = tuple(items[place] for place in np.flatnonzero(mask))
    return found


@dataclass(frozen=True)
class KeptStart:
    """Aligners (at least one) of one comparison whose training did not help, and the `reference` they began at."""

    aligners: tuple[str, ...]
    reference: str
    measured: bool

    @property
    def words(self) -> str:
        """What that says, in one sentence."""
        names = ", ".join(self.aligners)
        if self.measured:
            return say(
                "{names}: no better than {reference} here, their training did not help on held-out pairs",
                names=names,
                reference=self.reference,
            )
        return say(
            "{names}: no better than the linear start here, training did not help on held-out pairs", names=names
        )


def with_starts_folded(rows: Sequence[Row]) -> tuple[list[Row], list[KeptStart]]:
    """Return the rows with those of one start, whose training did not help, as one; and which these are.

    `rows` in ranking order. The one row is that of the first, and its `aligner` names all. A start that another row
    measures, trained, is the reference of the sentence.
    """
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        if row.get("start_kept") and not row["error"]:
            groups.setdefault((ALIGNERS.get(row["aligner"]).begins_at, _kind(row)), []).append(row)
    named = {id(members[0]): ", ".join(row["aligner"] for row in members) for members in groups.values()}
    hidden = {id(row) for members in groups.values() for row in members[1:]}
    shown: list[Row] = [{**row, "aligner": named.get(id(row), row["aligner"])} for row in rows if id(row) not in hidden]
    found = []
    for (reference, _), members in groups.items():
        names = tuple(row["aligner"] for row in members)
        measured = any(row["aligner"] == reference and not row["error"] for row in rows) and reference not in names
        found.append(KeptStart(names, reference, measured))
    return shown, found


def mean_mrr(metrics: Mapping[str, Mapping[str, float]]) -> float:
    """Return the mean reciprocal rank, mean of both directions: the ranking criterion."""
    return float(np.mean([row["mrr"] for row in metrics.values()]))


def _kind(row: Row) -> int:
    return 2 if row["error"] else int(row["transductive"])


def _against(row: Row, best: Row, seed: int) -> dict[str, Any]:
    if row is best or row["error"]:
        return {}
    return {way: _paired(found, best["directions"][way], seed) for way, found in row["directions"].items()}


def _paired(ours: Direction, best: Direction, seed: int) -> dict[str, dict[str, Any]]:
    found = paired_bootstrap(ours, best, seed=seed)
    return {
        metric: {"difference": row["difference"], "ci95": [row["low"], row["high"]], "p": row["p"]}
        for metric, row in found.items()
    }

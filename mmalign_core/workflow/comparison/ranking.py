"""Rows of a comparison in order, each against the best of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.metrics.bootstrap import paired_bootstrap
from mmalign_core.metrics.retrieval import Direction

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """`rows` in ranking order: first those that answer each query alone, then the transductive, then the failed.

    Each has against_best: direction -> metric -> {difference (this row less the best of its kind), ci95, p} by paired
    bootstrap over the items; {} for the best itself and for failed rows.
    """

    rows: tuple[Row, ...]

    def report(self) -> list[dict[str, Any]]:
        """What `compare --json` prints as rows."""
        return [{name: value for name, value in row.items() if name != "directions"} for row in self.rows]


def ranked(rows: Sequence[Row], *, seed: int = 0) -> Comparison:
    """The rows in ranking order; also for those published before a cancel. `seed`: of the resampling.

    By quality, the mean MRR of both directions; equal ones by name. Transductive rows are ranked apart, since they
    look at all queries together.
    """
    order = sorted(rows, key=lambda row: (_league(row), -(row["quality"] or 0.0), row["aligner"]))
    best: dict[int, Row] = {}
    for row in order:
        best.setdefault(_league(row), row)
    return Comparison(tuple({**row, "against_best": _against(row, best[_league(row)], seed)} for row in order))


def mean_mrr(metrics: Mapping[str, Mapping[str, float]]) -> float:
    """Mean reciprocal rank, mean of both directions: the one number that ranks."""
    return float(np.mean([row["mrr"] for row in metrics.values()]))


def _league(row: Row) -> int:
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

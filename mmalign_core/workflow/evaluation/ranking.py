"""Measured recommenders in ranking order, each compared with the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmalign_core.metrics.bootstrap import difference

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Board:
    """`facts`: the data and protocol of the measurement. `rows` in order of NDCG@k, the failed last. Each has
    against_best: slice -> metric -> {difference (this row minus the best), ci95, p} by paired bootstrap over the users;
    {} for the best itself and for failed rows. The random order is a row too, but never the best."""

    facts: Mapping[str, Any]
    rows: tuple[Row, ...]

    def report(self) -> dict[str, Any]:
        """Return the output of `evaluate --json`."""
        rows = [{name: value for name, value in row.items() if name != "drawn"} for row in self.rows]
        return {**self.facts, "rows": rows}


def ranked(rows: Sequence[Row], facts: Mapping[str, Any]) -> Board:
    """Return the rows in ranking order, also after a cancelled evaluation. All must come from one trial."""
    order = sorted(rows, key=lambda row: (row["error"] is not None, -(row["quality"] or 0.0), row["recommender"]))
    best = next((row for row in order if not row["error"] and not row["baseline"]), None)
    return Board(facts, tuple({**row, "against_best": _against(row, best)} for row in order))


@dataclass(frozen=True)
class Leader:
    """The best of one slice by one metric, its 95% interval, and the others without a significant difference by paired
    bootstrap, possibly including the random order. Names are those of `row_names`."""

    name: str
    value: float
    interval: Sequence[float]
    alike: tuple[str, ...]


def leaders(rows: Sequence[Row], metric: str) -> dict[str, Leader]:
    """Return slice -> its best. `rows` as `ranked` returns them. Slices in which all scores are 0 are left out."""
    measured = dict(zip(row_names(rows), rows))
    measured = {name: row for name, row in measured.items() if not row["error"]}
    rivals, found = {name: row for name, row in measured.items() if not row["baseline"]}, {}
    for part in next(iter(rivals.values()))["metrics"] if rivals else ():
        called, best = max(rivals.items(), key=lambda pair: pair[1]["metrics"][part][metric])
        if best["metrics"][part][metric] > 0:
            apart = {name: _paired(row, best, part)[metric] for name, row in measured.items() if row is not best}
            alike = tuple(other for other, found in apart.items() if found["ci95"][1] >= 0)
            found[part] = Leader(called, best["metrics"][part][metric], best["ci95"][part][metric], alike)
    return found


def row_names(rows: Sequence[Row]) -> list[str]:
    """Return each row's recommender; if it occurs in several rows, with the parameters that differ."""
    names = []
    for row in rows:
        twins = [other["params"] for other in rows if other["recommender"] == row["recommender"]]
        own = row["params"] if len(twins) > 1 else {}
        params = [f"{name}={value}" for name, value in own.items() if any(twin[name] != value for twin in twins)]
        names.append(f"{row['recommender']} ({', '.join(params)})" if params else row["recommender"])
    return names


def _against(row: Row, best: Row | None) -> dict[str, Any]:
    if best is None or row is best or row["error"]:
        return {}
    return {name: _paired(row, best, name) for name in row["drawn"]}


def _paired(row: Row, best: Row, part: str) -> dict[str, dict[str, Any]]:
    """Return paired differences. Both rows have the same draws of the same users, so their means can be subtracted."""
    found = {}
    for metric, drawn in row["drawn"][part].items():
        observed = row["metrics"][part][metric] - best["metrics"][part][metric]
        apart = difference(observed, drawn - best["drawn"][part][metric])
        found[metric] = {"difference": observed, "ci95": [apart["low"], apart["high"]], "p": apart["p"]}
    return found

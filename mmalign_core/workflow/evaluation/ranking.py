"""Measured recommenders in order, each against the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmalign_core.metrics.bootstrap import difference

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Board:
    """`facts`: on what all were measured. `rows` in order of NDCG@k, the failed last; each has against_best: slice ->
    metric -> {difference (this row less the best), ci95, p} by paired bootstrap over the users; {} for the best itself
    and for failed rows. The items in random order are a row like any other, but never the best."""

    facts: Mapping[str, Any]
    rows: tuple[Row, ...]

    def report(self) -> dict[str, Any]:
        """What `evaluate --json` prints."""
        rows = [{name: value for name, value in row.items() if name != "drawn"} for row in self.rows]
        return {**self.facts, "rows": rows}


def ranked(rows: Sequence[Row], facts: Mapping[str, Any]) -> Board:
    """The rows in order; also for those published before a cancel. All must come from one trial."""
    order = sorted(rows, key=lambda row: (row["error"] is not None, -(row["quality"] or 0.0), row["recommender"]))
    best = next((row for row in order if not row["error"] and not row["baseline"]), None)
    return Board(facts, tuple({**row, "against_best": _against(row, best)} for row in order))


@dataclass(frozen=True)
class Leader:
    """The best of one slice by one metric, its 95% interval, and the others that paired bootstrap cannot tell from it
    (their difference may be 0): among them may be the items in random order. Names are those of `row_names`."""

    name: str
    value: float
    interval: Sequence[float]
    alike: tuple[str, ...]


def leaders(rows: Sequence[Row], metric: str) -> dict[str, Leader]:
    """Slice -> its best; rows as `ranked` gives them. Slices in which nobody scores above 0 are left out."""
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
    """Each row's recommender; one that stands in several rows with the parameters in which those differ."""
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
    """Both were resampled with the same draws of the same users, so their means can be taken from one another."""
    found = {}
    for metric, drawn in row["drawn"][part].items():
        observed = row["metrics"][part][metric] - best["metrics"][part][metric]
        apart = difference(observed, drawn - best["drawn"][part][metric])
        found[metric] = {"difference": observed, "ci95": [apart["low"], apart["high"]], "p": apart["p"]}
    return found

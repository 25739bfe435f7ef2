"""The report of an alignment with types: measures that know their interval and their n."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from mmalign_core.types import BadInput


class Estimate(float):
    """A measured number with its 95% interval (`low`, `high`; NaN where there is none) and `n`, how many queries."""

    low: float
    high: float
    n: int

    def __new__(cls, value: float, low: float, high: float, n: int) -> Estimate:
        """The number `value`, which behaves as a float."""
        made = super().__new__(cls, value)
        made.low, made.high, made.n = float(low), float(high), int(n)
        return made

    def __getnewargs__(self) -> tuple[float, float, float, int]:
        return float(self), self.low, self.high, self.n

    def __repr__(self) -> str:
        between = f"95% {self.low:.3f} to {self.high:.3f}, " if self.low == self.low else ""
        return f"{float(self):.3f} ({between}n = {self.n:,})"


class Metrics(dict[str, Mapping[str, float]]):
    """Direction ("image->text") -> metric ("recall@1") -> value, as `align --json` prints them.

    A notebook shows it as a table with n and the split; `table` is that table as a data frame.
    """

    def __init__(self, measured: Mapping[str, Mapping[str, float]], split: str) -> None:
        super().__init__(measured)
        self.split = split

    @property
    def table(self) -> pd.DataFrame:
        """One row for each direction: accuracy, recall@k, mrr, median_rank, n, candidates, split; empty without any."""
        if not self:
            return pd.DataFrame()
        frame = pd.DataFrame(dict(self)).T.drop(columns="unanswerable", errors="ignore").astype({"n": int})
        return frame.assign(split=self.split)

    def __repr__(self) -> str:
        return self.table.to_string(float_format="{:.3f}".format) if self else "Metrics(nothing measured)"

    def _repr_html_(self) -> str:
        return self.table.to_html(float_format="{:.3f}".format) if self else "<p>nothing measured</p>"


@dataclass(frozen=True)
class DirectionReport:
    """What the queries of one direction met, such as image->text.

    `recall`: k -> the share of queries with a right answer among the first k. `candidates`: how many each query was
    ranked against (the mean over folds). `unanswerable`: queries left out, for they have no right answer.
    """

    accuracy: Estimate
    recall: Mapping[int, Estimate]
    mrr: Estimate
    median_rank: Estimate
    n: int
    candidates: float
    unanswerable: int


@dataclass(frozen=True)
class RunReport:
    """Everything measured of one run. `directions` and `baseline` (items permuted): "image->text" -> its report.

    `split`: what was held out, "none" where the run is measured on what it was fitted on. `start_kept`: whether
    training helped no held-out pairs, so that the aligner is its linear start. `space`: gap, hubness, alignment,
    uniformity and more. `seconds`: read, encode, fit, match. `json`: the same as `align --json` prints it.
    """

    aligner: str
    params: Mapping[str, Any]
    similarity: str
    correction: str
    matcher: str
    seed: int
    split: str
    n_train: int
    n_test: int
    transductive: bool
    start_kept: bool
    directions: Mapping[str, DirectionReport]
    baseline: Mapping[str, DirectionReport]
    space: Mapping[str, Any]
    seconds: Mapping[str, float]
    json: Mapping[str, Any]

    @property
    def metrics(self) -> Metrics:
        """Direction -> metric -> value."""
        return Metrics(self.json.get("metrics", {}), self.split)

    def direction(self, name: str | None = None) -> DirectionReport:
        """One direction, the first without a name; BadInput if nothing was measured or the name is another."""
        if not self.directions:
            raise BadInput(f"nothing was measured: {self.json.get('unmeasured') or 'no item has both modalities'}")
        chosen = name or next(iter(self.directions))
        if chosen not in self.directions:
            raise BadInput(f"no direction '{chosen}'; choose one of: {', '.join(self.directions)}")
        return self.directions[chosen]

    def _repr_html_(self) -> str:
        """The head and one row for each direction, as a notebook shows them."""
        given = ", ".join(f"{name}={value}" for name, value in self.params.items())
        head = f"{self.aligner}({given}), {self.similarity}, {self.correction}, {self.matcher}, split: {self.split}"
        return f"<p><code>{escape(head)}</code></p>{self.metrics._repr_html_()}"


def report_from_json(report: Mapping[str, Any]) -> RunReport:
    """The typed form of what `align --json` prints."""
    metrics, intervals = report.get("metrics", {}), report.get("ci95", {})
    taken = ("aligner", "params", "similarity", "correction", "matcher", "seed", "split", "n_train", "n_test")
    return RunReport(
        **{name: report[name] for name in taken},
        transductive=report["transductive"],
        start_kept=report.get("start_kept", False),
        directions={way: _direction(found, intervals.get(way, {})) for way, found in metrics.items()},
        baseline={way: _direction(found, {}) for way, found in report.get("baseline", {}).items()},
        space=report.get("space", {}),
        seconds=report["seconds"],
        json=report,
    )


def _direction(found: Mapping[str, Any], intervals: Mapping[str, Any]) -> DirectionReport:
    def estimate(name: str) -> Estimate:
        low, high = intervals.get(name, (float("nan"), float("nan")))
        return Estimate(found[name], low, high, found["n"])

    recall = {int(name.removeprefix("recall@")): estimate(name) for name in found if name.startswith("recall@")}
    own = {name: estimate(name) for name in ("accuracy", "mrr", "median_rank")}
    counted = {name: found[name] for name in ("n", "candidates", "unanswerable")}
    return DirectionReport(recall=recall, **own, **counted)

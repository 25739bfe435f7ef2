"""Use case: which correction for hubs surely helps a run, tried on the run's own measured queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mmalign_core.metrics.bootstrap import paired_bootstrap
from mmalign_core.metrics.headline import leading_metric
from mmalign_core.metrics.report import measure_all
from mmalign_core.metrics.retrieval import Direction
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.refit import held_out_parts

_CORRECTIONS = ("csls", "nnn")
"""Corrections that are tried: those that keep a score for each query alone, once a bank is known."""


@dataclass(frozen=True)
class HubCorrection:
    """A correction that surely helps. `gains`: direction -> paired difference of `metric` with `low` and `high`."""

    name: str
    gains: Mapping[str, Mapping[str, float]]
    metric: str

    @property
    def gain(self) -> float:
        """The mean difference of both directions, as a share of the queries."""
        return mean_gain(self.gains)


def better_correction(run: Run) -> HubCorrection | None:
    """Return the correction that raises the leading metric most; None if none surely raises it in both directions.

    Surely: the 95% interval of the paired difference lies above 0. None as well if the run corrects already, or is
    measured by folds, whose fits it does not keep.
    """
    if run.choices.correction != "none" or run.choices.folds or run.choices.fold_column:
        return None
    before, metric = _measured(run, "none"), leading_metric(run.report)
    trials = [HubCorrection(name, paired_gains(_measured(run, name), before, metric), metric) for name in _CORRECTIONS]
    surely = [one for one in trials if one.gains and min(gain["low"] for gain in one.gains.values()) > 0]
    return max(surely, key=lambda one: one.gain, default=None)


def paired_gains(
    after: Mapping[str, Direction], before: Mapping[str, Direction], metric: str
) -> dict[str, dict[str, float]]:
    """Direction -> the paired difference of the metric with its interval."""
    return {way: paired_bootstrap(after[way], before[way])[metric] for way in before}


def mean_gain(gains: Mapping[str, Mapping[str, float]]) -> float:
    """The mean difference of all directions."""
    return float(np.mean([gain["difference"] for gain in gains.values()]))


def _measured(run: Run, correction: str) -> Mapping[str, Direction]:
    """Both directions of the run's measured items under this correction, as its report measures them."""
    scoring = replace(run.choices, correction=correction, correction_params=None, matcher="argmax", matcher_params=None)
    parts = held_out_parts(run)
    space = {modality: run.result.space[modality] for modality in run.choices.pair}
    bank: Sequence[Mapping[str, Any]] | None = None
    if parts:
        test, train = (
            {m: rows.of_items(items) for m, rows in space.items()} for items in (parts[0].test, parts[0].train)
        )
        space, bank = test, [train]
    return measure_all([space], run.choices.pair, scoring.scoring(), banks=bank)

"""The report of one aligned pair of modalities: everything `align --json` prints about its quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.metrics.bootstrap import bootstrap_intervals
from mmalign_core.metrics.diagnostics import diagnostics
from mmalign_core.metrics.direction import Direction, measure, pooled
from mmalign_core.scoring.decision import Scoring
from mmalign_core.types import BadInput, EmbeddingSet

Space = Mapping[str, EmbeddingSet]
"""Modality -> rows in one shared space."""


@dataclass(frozen=True)
class Evaluation:
    """`directions`: "image->text" -> what each query met there; `space`: diagnostics; `seed` of the resampling."""

    directions: Mapping[str, Direction]
    space: Mapping[str, Any]
    seed: int = 0

    def report(self) -> dict[str, Any]:
        """`metrics`, `ci95` and `baseline` (items permuted) by direction, and `space`; floats are plain Python."""
        found = self.directions.items()
        return {
            "metrics": {way: d.metrics(d.outcome) for way, d in found},
            "ci95": {way: bootstrap_intervals(d.outcome, d.items, seed=self.seed) for way, d in found},
            "baseline": {way: d.metrics(d.shuffled) for way, d in found},
            "space": dict(self.space),
        }


def evaluation(
    spaces: Sequence[Space],
    pair: tuple[str, str],
    scoring: Scoring,
    *,
    banks: Sequence[Space] | None = None,
) -> Evaluation:
    """Both directions of a pair of modalities in one shared space, or in one space per held-out fold.

    Folds keep their own candidates; their queries are pooled, `candidates` is the mean, diagnostics are averaged
    (hubness is the worse direction's, both under `hubness_by_direction`). `banks`: per space the training rows placed
    in it, by modality: queries known beforehand for corrections that look at queries. Queries whose item has no right
    candidate are left out and counted as `unanswerable`. BadInput if a modality is absent, or the banks do not fit.
    """
    directions = measure_all(spaces, pair, scoring, banks=banks)
    sides, known = _sides(spaces, pair), _banks(banks, len(spaces))
    space = [diagnostics(a, b, scoring, bank=bank) for (a, b), bank in zip(sides, known)]
    return Evaluation(directions, _means(space), scoring.seed)


def measure_all(
    spaces: Sequence[Space],
    pair: tuple[str, str],
    scoring: Scoring,
    *,
    banks: Sequence[Space] | None = None,
) -> dict[str, Direction]:
    """Direction ("image->text") -> each of its queries, pooled over the spaces; without intervals and diagnostics."""
    sides, known = _sides(spaces, pair), _banks(banks, len(spaces))
    found = {}
    for flip in (1, -1):
        ways = [(*side[::flip], bank.get(pair[::flip][0])) for side, bank in zip(sides, known)]
        found["->".join(pair[::flip])] = pooled([measure(s, t, scoring, bank=bank) for s, t, bank in ways])
    return found


def _sides(spaces: Sequence[Space], pair: tuple[str, str]) -> list[tuple[EmbeddingSet, EmbeddingSet]]:
    return [(_present(space, pair[0]), _present(space, pair[1])) for space in spaces]


def _present(space: Space, modality: str) -> EmbeddingSet:
    if modality not in space or not len(space[modality]):
        raise BadInput(f"there is no {modality} to measure; present: {', '.join(m for m in space if len(space[m]))}")
    return space[modality]


def _banks(banks: Sequence[Space] | None, spaces: int) -> Sequence[Space]:
    if banks is not None and len(banks) != spaces:
        raise BadInput(f"{len(banks)} query banks for {spaces} spaces; give one each, placed in that space")
    return [{}] * spaces if banks is None else banks


def _means(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Mean of each number over the rows, through nested mappings."""
    return {
        name: _means([row[name] for row in rows])
        if isinstance(rows[0][name], Mapping)
        else float(np.mean([row[name] for row in rows]))
        for name in rows[0]
    }


_BY = "mrr"
"""Of all metrics the one that every rank moves: a recall of 0 or of 1 tells nothing about the rest of the list."""


def at_chance(report: Mapping[str, Any]) -> tuple[str, ...]:
    """The directions ("image->text") whose 95% interval of the mean reciprocal rank reaches down to that of pairs
    shuffled by item. `report`: holds metrics, ci95 and baseline as `Evaluation.report` gives them; a direction
    without queries is not among them."""
    bounds = {way: found[_BY][0] for way, found in report["ci95"].items() if _BY in found}
    return tuple(way for way, low in bounds.items() if low <= report["baseline"][way][_BY])

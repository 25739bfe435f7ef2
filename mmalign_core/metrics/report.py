"""The report of one aligned pair of modalities, and of items fused from several modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.metrics.bootstrap import intervals_together
from mmalign_core.metrics.questions import sample_of
from mmalign_core.metrics.ranking import Measured, measure_direction, measure_pair
from mmalign_core.metrics.retrieval import Direction, pooled
from mmalign_core.metrics.space import diagnostics
from mmalign_core.progress import within
from mmalign_core.scoring.decision import Scoring
from mmalign_core.splits import paired_items
from mmalign_core.types import BadInput, EmbeddingSet, Progress, digest_json, no_progress
from mmalign_core.wording import say, say_list, say_word

Space = Mapping[str, EmbeddingSet]
"""Modality -> rows in one shared space."""


@dataclass(frozen=True)
class Evaluation:
    """`directions`: "image->text" -> results of each query. `space`: diagnostics. `seed`: of the resampling.

    `seconds_for_all`: about what all queries would have taken, where they were too many and a sample was measured.
    """

    directions: Mapping[str, Direction]
    space: Mapping[str, Any]
    seed: int = 0
    seconds_for_all: float = 0.0

    def report(self) -> dict[str, Any]:
        """Return `metrics`, `ci95` and `baseline` (permuted items) by direction, `space`, `sampled`: plain values.

        `sampled` is None where all queries were measured, else direction -> `n` of `of` queries, with
        `seconds_for_all`.
        """
        found = self.directions.items()
        drawn = intervals_together([(d.outcome, d.items) for d in self.directions.values()], seed=self.seed)
        return {
            "metrics": {way: d.metrics(d.outcome) for way, d in found},
            "ci95": dict(zip(self.directions, drawn)),
            "baseline": {way: d.metrics(d.shuffled) for way, d in found},
            "space": dict(self.space),
            "sampled": self._sampled(),
        }

    def _sampled(self) -> dict[str, Any] | None:
        drawn = {way: {"n": len(d.items), "of": d.sampled_of} for way, d in self.directions.items() if d.sampled_of}
        return {**drawn, "seconds_for_all": round(self.seconds_for_all)} if drawn else None


def evaluation(
    spaces: Sequence[Space],
    pair: tuple[str, str],
    scoring: Scoring,
    *,
    banks: Sequence[Space] | None = None,
    scorings: Sequence[tuple[Scoring, Scoring]] | None = None,
    progress: Progress = no_progress,
) -> Evaluation:
    """Return both directions of a pair of modalities in one shared space, or in one space per held-out fold.

    Folds keep their own candidates, and their queries are pooled. `candidates` is the mean; diagnostics are averaged
    (hubness is that of the worse direction, both are in `hubness_by_direction`). `banks`: per space the placed training
    rows by modality, for corrections that use queries. `scorings`: per space those of both directions, where their
    matchers have thresholds of their own. Queries whose item has no right candidate are left out and
    counted as `unanswerable`. BadInput if a modality is missing, or the number of banks is wrong.
    """
    sides, known = _sides(spaces, pair), _banks(banks, len(spaces))
    ways, parts, space = ("->".join(pair), "->".join(reversed(pair))), [], []
    for number, ((a, b), bank) in enumerate(zip(sides, known)):
        shown = within(progress, number / len(sides), (number + 1) / len(sides))
        first, back = (scoring, scoring) if scorings is None else scorings[number]
        parts.append(measure_pair(a, b, first, back=back, bank=bank, hubs=True, progress=shown))
        hubs = {way: one.hubs for way, one in zip(ways, parts[-1]) if one.hubs is not None}
        space.append(diagnostics(a, b, scoring, bank=bank, hubs=hubs))
    drawn = [sample for a, b in sides if (sample := sample_of(a, b, scoring)) is not None]
    return Evaluation(_by_way(ways, parts), _means(space), scoring.seed, sum(sample.seconds for sample in drawn))


def pooled_evaluation(parts: Sequence[Evaluation]) -> Evaluation:
    """Folds that were measured each by itself as one evaluation, with the seed of the first: queries are pooled and
    diagnostics averaged, as in `evaluation`."""
    ways = {way: pooled([part.directions[way] for part in parts]) for way in parts[0].directions}
    seconds = sum(part.seconds_for_all for part in parts)
    return Evaluation(ways, _means([part.space for part in parts]), parts[0].seed, seconds)


def measure_all(
    spaces: Sequence[Space],
    pair: tuple[str, str],
    scoring: Scoring,
    *,
    banks: Sequence[Space] | None = None,
) -> dict[str, Direction]:
    """Return direction ("image->text") -> its queries, pooled over the spaces, without intervals and diagnostics."""
    known = _banks(banks, len(spaces))
    parts = [measure_pair(a, b, scoring, bank=bank) for (a, b), bank in zip(_sides(spaces, pair), known)]
    return _by_way(("->".join(pair), "->".join(reversed(pair))), parts)


def _by_way(ways: tuple[str, str], parts: Sequence[tuple[Measured, Measured]]) -> dict[str, Direction]:
    return {way: pooled([part[side].direction for part in parts]) for side, way in enumerate(ways)}


def _sides(spaces: Sequence[Space], pair: tuple[str, str]) -> list[tuple[EmbeddingSet, EmbeddingSet]]:
    return [(_present(space, pair[0]), _present(space, pair[1])) for space in spaces]


def _present(space: Space, modality: str) -> EmbeddingSet:
    if modality not in space or not len(space[modality]):
        present = ", ".join(name for name, rows in space.items() if len(rows))
        raise BadInput(
            say("there is no {modality} to measure; present: {present}", modality=say_word(modality), present=present)
        )
    return space[modality]


def _banks(banks: Sequence[Space] | None, spaces: int) -> Sequence[Space]:
    if banks is not None and len(banks) != spaces:
        raise BadInput(
            say("{n} query banks for {spaces} spaces; give one each, placed in that space", n=len(banks), spaces=spaces)
        )
    return [{}] * spaces if banks is None else banks


def _means(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean of each number over the rows, through nested mappings."""
    return {
        name: _means([row[name] for row in rows])
        if isinstance(rows[0][name], Mapping)
        else float(np.mean([row[name] for row in rows]))
        for name in rows[0]
    }


_BY = "mrr"
"""The metric that depends on every rank: a recall of 0 or 1 says nothing about the rest of the list."""


def at_chance(report: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the directions ("image->text") whose 95% interval of the mean reciprocal rank includes the value of
    shuffled pairs. `report`: holds metrics, ci95 and baseline as `Evaluation.report` returns them. A direction without
    queries is left out."""
    bounds = {way: found[_BY][0] for way, found in report["ci95"].items() if _BY in found}
    return tuple(way for way, low in bounds.items() if low <= report["baseline"][way][_BY])


def fused_set(ids: Sequence[str], places: np.ndarray, parts: Space) -> EmbeddingSet:
    """Return places (n, k) of whole items as one set of modality "image+audio", of the items that have all the `parts`.

    `ids` and `places` as `Aligner.fuse(parts)` returns them. Two items hold the same content if they do so in every
    part. BadInput if no item has them all.
    """
    whole = paired_items(parts)
    named = [(row, item) for row, item in enumerate(ids) if item in whole]
    if not named:
        raise BadInput(say("no item has all of {parts}; there is nothing to fuse", parts=say_list(parts, "+")))
    contents: dict[str, list[str]] = {item: [] for item in whole}
    for modality, rows in parts.items():
        for item, key in sorted(zip(rows.ids, rows.keys)):
            if item in contents:
                contents[item].append(f"{modality} {key}")
    order, items = zip(*named)
    keys = tuple(digest_json(contents[item]) for item in items)
    encoder = " + ".join(rows.encoder for rows in parts.values())
    return EmbeddingSet("+".join(parts), items, keys, np.asarray(places)[list(order)], encoder)


def measure_fused(
    fused: EmbeddingSet,
    space: Space,
    target: str,
    scoring: Scoring,
) -> dict[str, Direction]:
    """Return the directions from the fused rows and each of their modalities to `target`, and from `target` to fused.

    `space`: modality -> rows in the aligner's space, including `target` and the fused modalities. All have the same
    items, those with all modalities, and the same candidates: "image+audio->text", "image->text", "audio->text",
    "text->image+audio".
    """
    items = [*(set(fused.ids) & set(space[target].ids))]
    fused, targets = fused.of_items(items), space[target].of_items(items)
    queries = {fused.modality: fused} | {name: space[name].of_items(items) for name in fused.modality.split("+")}
    directions = {f"{name}->{target}": measure_direction(rows, targets, scoring) for name, rows in queries.items()}
    return directions | {f"{target}->{fused.modality}": measure_direction(targets, fused, scoring)}

"""Changes that are tried on a run: a correction for hubs and a trained aligner, offered where they surely help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from mmalign_core.aligners import ALIGNERS
from mmalign_core.metrics.headline import leading_metric
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Progress
from mmalign_core.wording import say, say_way
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.comparison.comparison import compare
from mmalign_core.workflow.error_analysis.corrections import better_correction, mean_gain, paired_gains
from mmalign_core.workflow.error_analysis.error_report import ErrorReport
from mmalign_core.workflow.error_analysis.finding import Finding, of_100, row_name
from mmalign_core.workflow.error_analysis.run_vectors import encoded_again

_TRAINED = "infonce-linear"
"""The trained aligner that is tried: the one that the other heads start from."""
_FEWEST_PAIRS = 60
"""Pairs from which a trained aligner is tried: a fifth held out leaves at least twelve queries. Our choice."""
_HELD_OUT = 0.2
"""Share held out to measure a trained aligner: the share that the README's examples hold out."""


def correction(run: Run, errors: ErrorReport) -> list[Finding]:
    """Return the correction for hubs that helps most, with the largest hub by name; nothing where none surely helps."""
    found = better_correction(run)
    if found is None:
        return []
    way, hub, share = _largest_hub(errors)
    words = say(
        "'{hub}' is chosen for {share:.0%} of the queries {way}. Correcting for hubs ({name}) brings "
        "{points} of {metric}{interval}.",
        hub=hub,
        share=share,
        way=say_way(way),
        name=found.name,
        points=_points(found.gain),
        metric=found.metric,
        interval=_interval(found.gains),
    )
    action = {"page": "align", "choices": {"correction": found.name}}
    evidence = {"correction": found.name, "hub": hub, "gains": found.gains}
    return [Finding("correction", words, found.gain, action, evidence)]


def training(run: Run, store: Store, settings: Settings | None, progress: Progress) -> list[Finding]:
    """Return what an aligner that learns from the known pairs finds of held-out ones, beside the run's own aligner."""
    n = min(values["n"] for values in run.report["metrics"].values())
    pair = run.choices.pair
    if ALIGNERS.get(run.choices.aligner).needs_pairs or n < _FEWEST_PAIRS:
        return []
    if not set(pair) <= set(ALIGNERS.get(_TRAINED).modalities):
        return []
    try:
        encoding = encoded_again(run, store=store, settings=settings)
        own = replace(run.choices, test=_HELD_OUT, folds=None, fold_column=None, time_column=None)
        trained = replace(own, aligner=_TRAINED, params=None)
        board = compare(run.collection, encoding, [own, trained], store=store, progress=progress)
    except BadInput:
        return []  # vectors that are gone, or a split that cannot be made: then there is nothing to offer
    rows = {row["aligner"]: row for row in board.rows if not row["error"]}
    if set(rows) != {own.aligner, _TRAINED}:
        return []
    metric, way = leading_metric(rows[_TRAINED]), "->".join(pair)
    gains = paired_gains(rows[_TRAINED]["directions"], rows[own.aligner]["directions"], metric)
    if min(gain["low"] for gain in gains.values()) <= 0:
        return []
    after, before = (rows[name]["metrics"][way][metric] for name in (_TRAINED, own.aligner))
    words = say(
        "{n_train:,} pairs are known: a trained aligner ({trained}) finds {after} of 100 queries "
        "{way} instead of {before}, on {n_test:,} held-out items{interval}.",
        n_train=rows[_TRAINED]["n_train"],
        trained=_TRAINED,
        after=of_100(after),
        way=say_way(way),
        before=of_100(before),
        n_test=rows[_TRAINED]["n_test"],
        interval=_interval(gains),
    )
    action = {"page": "align", "choices": {"aligner": _TRAINED, "params": {}, "test": _HELD_OUT}}
    return [Finding("training", words, mean_gain(gains), action, {"aligner": _TRAINED, "gains": gains})]


def _largest_hub(errors: ErrorReport) -> tuple[str, str, float]:
    """Direction, name and share of the candidate that most queries of a direction choose."""
    most: list[tuple[float, str, str]] = []
    for way, part in errors.directions.items():
        row, count = Counter(part.judgements.chosen.tolist()).most_common(1)[0]
        most.append((count / len(part.judgements), way, row_name(errors, part.judgements.candidates, row)))
    share, way, name = max(most)
    return way, name, share


def _interval(gains: Mapping[str, Mapping[str, float]]) -> str:
    """The interval that holds those of all directions, in points."""
    low, high = min(gain["low"] for gain in gains.values()), max(gain["high"] for gain in gains.values())
    return say(" (95% interval {low:+.1f} to {high:+.1f} points)", low=100 * low, high=100 * high)


def _points(gain: float) -> str:
    return say("{gain:+.1f} points", gain=100 * gain)

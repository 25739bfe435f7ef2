"""Use case: several aligners on the same items, split and seed, one row each, in ranking order."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from mmalign_core.aligners import ALIGNERS
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Cancelled, Collection, Progress, digest_json, no_progress
from mmalign_core.workflow.choices import Choices
from mmalign_core.workflow.cost import Cost
from mmalign_core.workflow.encoding import Encoding
from mmalign_core.workflow.holding_out import HeldOut, hold_out
from mmalign_core.workflow.measuring import is_transductive, measure
from mmalign_core.workflow.preparing import usable_sets
from mmalign_core.workflow.scaled import within

Row = Mapping[str, Any]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Comparison:
    """`rows` in ranking order: first those that answer each query alone, then the transductive, then the failed."""

    rows: tuple[Row, ...]


def compare(
    collection: Collection,
    encoding: Encoding,
    entries: Sequence[Choices],
    *,
    store: Store,
    progress: Progress = no_progress,
    publish: Callable[[Row], None] = lambda row: None,
    watch: Callable[[str, Mapping[str, float]], None] = lambda aligner, row: None,
    finished: Sequence[Row] = (),
) -> Comparison:
    """Measure every entry on the same split; they may differ in aligner and parameters alone.

    A row holds: aligner, family, params, metrics, ci95, baseline, space (as `align` reports them), quality (the mean
    MRR of both directions, which ranks), seconds {fit (mean of the fits), match}, infer_seconds_per_1000,
    peak_rss_mb (during its fits), added_mb (how far it rose), needs_pairs, transductive, split, n_train, n_test,
    shared_content, history (of the last fit), error (None, or why it failed, and then nothing is measured) and key.
    A failing aligner does not stop the others. `publish` gets each row when it is done; when `progress` raises
    Cancelled it goes on to the caller, who has the rows published so far: given back as `finished` they are not
    computed again. BadInput before any fit if the entries cannot be compared or the items not split.
    """
    held = check_entries(collection, encoding, entries)
    rows = []
    for number, choices in enumerate(entries):
        shown = within(progress, number / len(entries), (number + 1) / len(entries), f"{choices.aligner}: ")
        key = row_key(encoding, choices)
        row = next((row for row in finished if row["key"] == key), None)
        if row is None:
            row = {"key": key, **_row(collection, encoding, choices, held, store, shown, watch)}
            publish(row)
        rows.append(row)
    progress(1.0, f"{len(rows)} aligners compared")
    return ranked(rows)


def ranked(rows: Sequence[Row]) -> Comparison:
    """The rows in ranking order; also for those published before a cancel."""
    return Comparison(tuple(sorted(rows, key=lambda row: (_league(row), -(row["quality"] or 0.0)))))


def check_entries(collection: Collection, encoding: Encoding, entries: Sequence[Choices]) -> HeldOut:
    """The one split of all entries; BadInput if there is none, two are the same, or more than the aligner differs."""
    if not entries:
        raise BadInput("there is nothing to compare; name at least one aligner")
    seen = set()
    for choices in entries:
        choices.check()
        if replace(choices, aligner="", params=None) != replace(entries[0], aligner="", params=None):
            raise BadInput("compared aligners must share pair, similarity, correction, matcher, split and seed")
        if (key := row_key(encoding, choices)) in seen:
            raise BadInput(f"'{choices.aligner}' is named twice with the same parameters; name it once")
        seen.add(key)
    return hold_out(collection, encoding.sets, entries[0])


def row_key(encoding: Encoding, choices: Choices) -> str:
    """Digest of what a row depends on: the vectors and the choices."""
    params = ALIGNERS.create(choices.aligner, **dict(choices.params or {})).params
    return digest_json([asdict(replace(choices, params=params)), {m: s.digest for m, s in encoding.sets.items()}])


def _row(
    collection: Collection,
    encoding: Encoding,
    choices: Choices,
    held: HeldOut,
    store: Store,
    progress: Progress,
    watch: Callable[[str, Mapping[str, float]], None],
) -> dict[str, Any]:
    cost = Cost({"fit": 0.0, "match": 0.0})
    try:
        sets = usable_sets(encoding.sets, choices, store, collection.media, progress)
        measured = measure(sets, choices, held, cost, progress, watch=lambda row: watch(choices.aligner, row))
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001  one method's defect must not take the others' results
        return _about(choices, held) | {"error": _reason(error)}
    return _about(choices, held) | {
        **measured.quality,
        "quality": mean_mrr(measured.quality["metrics"]),
        "history": list(measured.aligner.history),
        "seconds": cost.seconds | {"fit": round(cost.seconds["fit"] / cost.fits, 4)},
        "infer_seconds_per_1000": cost.infer_seconds_per_1000,
        "peak_rss_mb": cost.fit_peak_mb,
        "added_mb": cost.fit_added_mb,
    }


def _about(choices: Choices, held: HeldOut) -> dict[str, Any]:
    """What a row says whether or not the aligner could be measured."""
    cls = ALIGNERS.get(choices.aligner)
    return {
        "aligner": choices.aligner,
        "family": cls.family(),
        "params": cls(**dict(choices.params or {})).params,
        "needs_pairs": cls.needs_pairs,
        "transductive": is_transductive(choices),
        **held.report(),
        **{part: {} for part in ("metrics", "ci95", "baseline", "space", "seconds")},
        **dict.fromkeys(("quality", "infer_seconds_per_1000", "peak_rss_mb", "added_mb")),
        "history": [],
        "error": None,
    }


def mean_mrr(metrics: Mapping[str, Mapping[str, float]]) -> float:
    """Mean reciprocal rank, mean of both directions: the one number that ranks."""
    return float(np.mean([row["mrr"] for row in metrics.values()]))


def _league(row: Row) -> int:
    return 2 if row["error"] else int(row["transductive"])


def _reason(error: Exception) -> str:
    if isinstance(error, BadInput):
        return str(error)
    _log.error("an aligner failed\n%s", "".join(traceback.format_exception(error)))
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}".rstrip(": ")

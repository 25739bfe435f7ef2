"""Use case: several aligners on the same items, split and seed, with one row each, in ranking order."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mmalign_core.aligners import ALIGNERS
from mmalign_core.cost import Cost
from mmalign_core.engines import Engine, LocalEngine
from mmalign_core.progress import within
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Cancelled, Collection, Progress, digest_json, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.inputs import has_towers
from mmalign_core.workflow.alignment.measurement import measure
from mmalign_core.workflow.alignment.plan import AlignmentPlan, HeldOut, hold_out, make_plan
from mmalign_core.workflow.alignment.sequences import can_sequence
from mmalign_core.workflow.comparison.kept_fits import KeptFit
from mmalign_core.workflow.comparison.learning_curve import check_steps, point, points, subsets
from mmalign_core.workflow.comparison.ranking import Comparison, Row, mean_mrr, ranked
from mmalign_core.workflow.encoding import Encoding

WatchAll = Callable[[str, Mapping[str, float]], None]
Keep = Callable[[Choices, KeptFit], None]
_log = logging.getLogger(__name__)


def _ignore(first: object, second: object) -> None:
    """Take the reports of a fit that nobody waits for."""


@dataclass(frozen=True)
class _Task:
    """The data and settings that all entries share."""

    collection: Collection
    encoding: Encoding
    held: HeldOut
    store: Store
    curve: int
    watch: WatchAll = _ignore
    keep: Keep = _ignore


def compare(
    collection: Collection,
    encoding: Encoding,
    entries: Sequence[Choices],
    *,
    store: Store,
    curve: int = 0,
    progress: Progress = no_progress,
    publish: Callable[[Row], None] = lambda row: None,
    watch: WatchAll = lambda aligner, row: None,
    keep: Keep = lambda choices, fit: None,
    finished: Sequence[Row] = (),
) -> Comparison:
    """Measure every entry on the same split. Entries may differ only in aligner and parameters.

    A row holds: aligner, family, params, metrics, ci95, baseline, space (as `align` reports them), quality (the
    mean MRR of both directions, the ranking criterion), seconds {fit (mean of the fits), match},
    infer_seconds_per_1000, peak_rss_mb (during its fits), added_mb (the increase), needs_pairs, transductive,
    split, n_train, n_test, shared_content, start_kept (whether no fit learned beyond its start), history (of the
    last fit), curve (`curve` points of `learning_curve`, [] for 0), error (None, or the reason of a failure,
    without measures), key, and directions: the results per query, left out of JSON. `ranked` adds against_best. A
    failing aligner does not stop the others. `publish` gets each row when it is finished, `watch` the aligner's
    name and each row of its history during the fit, `keep` the fit of each new row. If `progress` raises Cancelled,
    it reaches the caller, who has the rows published so far; passed as `finished` they are not computed again.
    BadInput before any fit if the entries cannot be compared or the items cannot be split.
    """
    task = _Task(collection, encoding, check_entries(collection, encoding, entries, curve), store, curve, watch, keep)
    return _compared(LocalEngine(), task, entries, progress, publish, finished)


def compare_on(
    engine: Engine,
    collection: Collection,
    encoding: Encoding,
    entries: Sequence[Choices],
    *,
    store: Store,
    curve: int = 0,
    progress: Progress = no_progress,
    publish: Callable[[Row], None] = lambda row: None,
) -> Comparison:
    """Measure every entry on an engine, such as a Ray cluster, one task each; rows and errors as for `compare`."""
    task = _Task(collection, encoding, check_entries(collection, encoding, entries, curve), store, curve)
    return _compared(engine, task, entries, progress, publish, ())


def _compared(
    engine: Engine,
    task: _Task,
    entries: Sequence[Choices],
    progress: Progress,
    publish: Callable[[Row], None],
    finished: Sequence[Row],
) -> Comparison:
    keys = [row_key(task.collection, task.encoding, choices, task.curve) for choices in entries]
    known = {row["key"]: row for row in finished}
    todo = [number for number, key in enumerate(keys) if key not in known]
    for place, row in engine.run_each(_row, task, [entries[number] for number in todo], progress):
        key = keys[todo[place]]
        known[key] = {"key": key, **row}
        publish(known[key])
    progress(1.0, say("{n} aligners compared", n=len(keys)))
    return ranked([known[key] for key in keys], seed=entries[0].seed)


def check_entries(collection: Collection, encoding: Encoding, entries: Sequence[Choices], curve: int = 0) -> HeldOut:
    """Return the one split of all entries. BadInput for no entry, equal ones, or differences beyond the aligner."""
    if not entries:
        raise BadInput(say("there is nothing to compare; name at least one aligner"))
    seen = set()
    for choices in entries:
        choices.check()
        if replace(choices, aligner="", params=None) != replace(entries[0], aligner="", params=None):
            raise BadInput(say("compared aligners must share pair, similarity, correction, matcher, split and seed"))
        if (key := row_key(collection, encoding, choices)) in seen:
            raise BadInput(
                say("'{aligner}' is named twice with the same parameters; name it once", aligner=choices.aligner)
            )
        seen.add(key)
    if curve:
        check_steps(entries[0], curve)
    return hold_out(collection, encoding.sets, entries[0])


def row_key(collection: Collection, encoding: Encoding, choices: Choices, curve: int = 0) -> str:
    """Return a digest of all inputs of a row: the items with their columns, the vectors and the choices."""
    params = choices.new_aligner().params
    vectors = {m: s.digest for m, s in encoding.sets.items()}
    return digest_json([asdict(replace(choices, params=params)), collection.digest, vectors, curve])


def takers(encoding: Encoding, pair: tuple[str, str]) -> tuple[str, ...]:
    """Return the names of all aligners for these two modalities. Those that need concepts, sequences or texts in the
    same spaces are included only if these exist."""
    sets = [encoding.sets[m] for m in pair if m in encoding.sets]
    concepts, sequences = any(s.concepts is not None for s in sets), all(map(can_sequence, sets))
    classes = [ALIGNERS.get(name) for name in ALIGNERS.names()]
    return tuple(
        cls.name
        for cls in classes
        if set(pair) <= set(cls.modalities)
        and (concepts or not cls.needs_concepts)
        and (sequences or not cls.needs_sequences)
        and (not cls.needs_pivots or has_towers(sets))
    )


def _row(task: _Task, choices: Choices, progress: Progress) -> dict[str, Any]:
    progress = within(progress, 0.0, 1.0, f"{choices.aligner}: ")
    try:
        shown = within(progress, 0.0, 0.1)
        plan = make_plan(task.collection, task.encoding, choices, store=task.store, held=task.held, progress=shown)
        return _about(choices, task.held) | _measured(task, plan, within(progress, 0.1, 1.0))
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001  the failure of one method must not lose the results of the others
        return _about(choices, task.held) | {"error": _reason(error)}


def _measured(task: _Task, plan: AlignmentPlan, progress: Progress) -> dict[str, Any]:
    cost, share = Cost({"fit": 0.0, "match": 0.0}), 1 / max(1, task.curve)
    name = plan.choices.aligner
    done = measure(plan, cost, within(progress, 0.0, share), watch=lambda row: task.watch(name, row))
    task.keep(plan.choices, KeptFit(plan, task.encoding, done, cost))
    report, fit = done.evaluation.report(), cost.seconds["fit"] / cost.fits
    return {
        **report,
        "quality": mean_mrr(report["metrics"]),
        "directions": done.evaluation.directions,
        "start_kept": done.start_kept,
        "history": list(done.aligner.history),
        "seconds": cost.seconds | {"fit": round(fit, 4)},
        "infer_seconds_per_1000": cost.infer_seconds_per_1000,
        "peak_rss_mb": cost.fit_peak_mb,
        "added_mb": cost.fit_added_mb,
        "curve": _curve(plan, task.curve, point(1.0, plan.held, report, fit), within(progress, share, 1.0)),
    }


def _curve(plan: AlignmentPlan, steps: int, whole: Row, progress: Progress) -> list[Row]:
    """Return the points below the whole training set, and the point of the whole set, which is measured already."""
    return [*points(plan, subsets(plan, steps)[:-1], progress), whole] if steps else []


def _about(choices: Choices, held: HeldOut) -> dict[str, Any]:
    """Return the part of a row that does not depend on a successful measurement."""
    cls = ALIGNERS.get(choices.aligner)
    return {
        "aligner": choices.aligner,
        "family": cls.family(),
        "params": choices.new_aligner().params,
        "needs_pairs": cls.needs_pairs,
        "transductive": choices.is_transductive,
        **held.report(),
        **{part: {} for part in ("metrics", "ci95", "baseline", "space", "seconds", "directions")},
        **dict.fromkeys(("quality", "infer_seconds_per_1000", "peak_rss_mb", "added_mb")),
        **{part: [] for part in ("history", "curve")},
        "start_kept": False,
        "error": None,
    }


def _reason(error: Exception) -> str:
    if isinstance(error, BadInput):
        return str(error)
    _log.error("an aligner failed\n%s", "".join(traceback.format_exception(error)))
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}".rstrip(": ")

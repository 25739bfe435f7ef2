"""Use case: fit an aligner, place every modality in one space, match, measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmalign_core.aligners import Aligner
from mmalign_core.aligners.base import no_watch
from mmalign_core.cost import Cost, peak_rss_mb
from mmalign_core.metrics.report import at_chance
from mmalign_core.progress import within
from mmalign_core.spaces import reference_of
from mmalign_core.splits import items_of
from mmalign_core.store import Store, new_run_id
from mmalign_core.types import AlignmentResult, Collection, Progress, no_progress
from mmalign_core.workflow.alignment.choices import HOLDING_OUT, Choices
from mmalign_core.workflow.alignment.deciding import has_threshold, suggested_or_why_not, with_suggested
from mmalign_core.workflow.alignment.fitting import Watch, fit, joined, refuse_unplaceable
from mmalign_core.workflow.alignment.holding_out import HeldOut, hold_out_if_paired
from mmalign_core.workflow.alignment.measuring import Measured, is_transductive, measure
from mmalign_core.workflow.alignment.preparing import Sets, place, usable_sets
from mmalign_core.workflow.encode import Encoding
from mmalign_core.workflow.menus.suiting import suited


@dataclass(frozen=True)
class Run:
    """One finished alignment. `encoders`: modality -> 'name@version' of what made its vectors; `result.space`: where
    they lie after; `report`: the align JSON."""

    id: str
    collection: Collection
    encoders: Mapping[str, str]
    aligner: Aligner
    result: AlignmentResult
    choices: Choices
    report: Mapping[str, Any]


def align(
    collection: Collection,
    encoding: Encoding,
    choices: Choices | None = None,
    *,
    store: Store,
    progress: Progress = no_progress,
    watch: Watch = no_watch,
) -> Run:
    """Fit, place, match and measure as `choices` say; the run holds the space of the aligner fitted last.

    Without choices the aligner is the one that suits these encoders, for pictures and texts. With a test share it is
    fitted on the rest and measured on held-out items only, candidates included; with folds it is measured so fold by
    fold, then fitted on all items; with neither it is fitted and measured on all of them (split "none"). Where no item
    has both modalities, an aligner that learns from no pairs is fitted all the same, and nothing is measured. `watch`
    gets the rows of each fit's history as they come. Where the matcher decides by a threshold, the report's `threshold`
    is what held-back training pairs (of the first fold) suggest. Raises BadInput before any fit when the choices cannot
    work.
    """
    choices = choices or _usual(collection, encoding)
    choices.check()
    refuse_unplaceable(choices)
    held = hold_out_if_paired(collection, encoding.sets, choices)
    sets = usable_sets(encoding.sets, choices, store, collection.media, within(progress, 0.0, 0.1))
    cost = Cost({"read": 0.0, "encode": round(sum(encoding.seconds.values()), 4), "fit": 0.0, "match": 0.0})
    many = len(held.parts)
    share = many / (many + 1) if many > 1 else 1.0
    measured = measure(sets, choices, held, cost, within(progress, 0.1, share), watch=watch)
    fitted, items = measured.aligner, held.parts[-1].train
    if many > 1:
        items = items_of(sets)
        fitted = fit(sets, items, choices, cost, within(progress, share, 1.0, "all items: "), watch=watch)
    threshold = _threshold(sets, choices, measured, held, cost, within(progress, 1.0, 1.0))
    choices = with_suggested(choices, measured.thresholds)
    space = {m: place(fitted, sets[m]) for m in joined(sets, items, choices)}
    result = AlignmentResult(
        choices.aligner,
        fitted.family(),
        fitted.params,
        choices.seed,
        space,
        fitted.history,
        cost.seconds["fit"],
        fitted.transductive,
    )
    report = _report(choices, fitted, measured, held, encoding, cost) | threshold
    report["at_chance"] = list(at_chance(report))
    report["left_out"] = [modality for modality in encoding.sets if modality not in space]
    encoders = {m: s.encoder for m, s in sets.items()}
    return Run(new_run_id(choices.aligner), collection, encoders, fitted, result, choices, report)


def _usual(collection: Collection, encoding: Encoding) -> Choices:
    encoders = {modality: reference_of(key) for modality, key in encoding.encoders.items()}
    return Choices(aligner=suited(Choices.pair, encoders, collection))


def _threshold(
    sets: Sets, choices: Choices, measured: Measured, held: HeldOut, cost: Cost, progress: Progress
) -> dict[str, Any]:
    """The report's `threshold`; {} where the matcher decides by none."""
    found = measured.thresholds
    if has_threshold(choices) and not found and not held.unmeasured:
        same = choices.settled_by(measured.aligner)
        found = (suggested_or_why_not(sets, held.parts[0].train, same, cost, progress),)
    return {"threshold": dict(found[0])} if found else {}


def _report(
    choices: Choices, fitted: Aligner, measured: Measured, held: HeldOut, encoding: Encoding, cost: Cost
) -> dict[str, Any]:
    skipped = [{"id": s.id, "modality": s.modality, "reason": s.reason} for s in encoding.skipped]
    return {
        "pair": ":".join(choices.pair),
        "aligner": choices.aligner,
        "family": fitted.family(),
        "params": dict(fitted.params),
        "similarity": choices.similarity,
        "correction": choices.correction,
        "correction_params": choices.new_correction().params,
        "matcher": choices.matcher,
        "matcher_params": choices.new_matcher().params,
        "seed": choices.seed,
        "holding_out": {name: getattr(choices, name) for name in HOLDING_OUT},
        "transductive": is_transductive(choices),
        **held.report(),
        "encoders": dict(encoding.encoders),
        "skipped": skipped,
        **measured.evaluation.report(),
        **({"fused": measured.fused} if measured.fused else {}),
        "history": list(fitted.history),
        "seconds": cost.seconds,
        "infer_seconds_per_1000": cost.infer_seconds_per_1000,
        "fit_peak_mb": cost.fit_peak_mb,
        "fit_added_mb": cost.fit_added_mb,
        "peak_rss_mb": peak_rss_mb(),
    }

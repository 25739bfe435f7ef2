"""Use case: fit an aligner, place every modality in one space, match, measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmalign_core.aligners import Aligner
from mmalign_core.corrections import CORRECTIONS
from mmalign_core.matchers import MATCHERS
from mmalign_core.store import Store, new_run_id
from mmalign_core.types import AlignmentResult, BadInput, Collection, Progress, no_progress
from mmalign_core.workflow.choices import Choices
from mmalign_core.workflow.cost import peak_rss_mb
from mmalign_core.workflow.encoding import Encoding
from mmalign_core.workflow.measuring import Measured, measure, paired_items
from mmalign_core.workflow.preparing import place, usable_sets


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
) -> Run:
    """Fit, place, match and measure as `choices` say; the run holds the space of the aligner fitted last.

    With a test share the aligner is fitted on the rest and measured on held-out items only, candidates included;
    with folds it is measured so fold by fold, then fitted on all items; with neither it is fitted and measured on
    all of them (split "none"). Raises BadInput before any fit when the choices cannot work.
    """
    choices = choices or Choices()
    choices.check()
    sets = usable_sets(encoding.sets, choices, store)
    seconds: dict[str, float] = {
        "read": 0.0,
        "encode": round(sum(encoding.seconds.values()), 4),
        "fit": 0.0,
        "match": 0.0,
    }
    if not paired_items(sets, choices.pair):
        raise BadInput(f"no item of '{collection.name}' has both {choices.pair[0]} and {choices.pair[1]}")
    measured = measure(sets, choices, seconds, progress)
    fitted = measured.aligner
    space = {m: place(fitted, rows) for m, rows in sets.items()}
    result = AlignmentResult(
        choices.aligner,
        fitted.family(),
        fitted.params,
        choices.seed,
        space,
        fitted.history,
        seconds["fit"],
        fitted.transductive,
    )
    report = _report(choices, measured, encoding, seconds)
    report["left_out"] = [modality for modality in encoding.sets if modality not in space]
    encoders = {m: s.encoder for m, s in sets.items()}
    return Run(new_run_id(choices.aligner), collection, encoders, fitted, result, choices, report)


def _report(choices: Choices, measured: Measured, encoding: Encoding, seconds: dict[str, float]) -> dict[str, Any]:
    fitted = measured.aligner
    skipped = [{"id": s.id, "modality": s.modality, "reason": s.reason} for s in encoding.skipped]
    return {
        "pair": ":".join(choices.pair),
        "aligner": choices.aligner,
        "family": fitted.family(),
        "params": dict(fitted.params),
        "similarity": choices.similarity,
        "correction": choices.correction,
        "matcher": choices.matcher,
        "matcher_params": dict(choices.matcher_params or {}),
        "seed": choices.seed,
        "split": choices.split,
        "transductive": fitted.transductive
        or MATCHERS.get(choices.matcher).transductive
        or CORRECTIONS.get(choices.correction).transductive,
        "n_train": measured.n_train,
        "n_test": measured.n_test,
        "encoders": dict(encoding.encoders),
        "skipped": skipped,
        **measured.quality,
        "history": list(fitted.history),
        "seconds": seconds,
        "peak_rss_mb": peak_rss_mb(),
    }

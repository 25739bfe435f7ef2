"""Use case: save a finished alignment, by name in the store or as a folder anywhere, and load it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mmalign_core.aligners import ALIGNERS
from mmalign_core.store import RunRecord, Store
from mmalign_core.types import AlignmentResult, BadInput
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.run import Run


def save_run(run: Run, ref: str | None = None, *, store: Store, force: bool = False) -> Path:
    """Write the run and return its folder. `ref`: a path (if it holds a separator), else a name in the store.

    `force`: also into a folder that this program did not make, of which other files stay.
    """
    name, path = (run.id, None) if ref is None else _named(ref, run.id)
    return store.save_run(record_of(run, name), path, force=force)


def check_save(ref: str, *, store: Store, source: str | None = None, force: bool = False) -> None:
    """Raise BadInput if `save_run` would refuse this `ref`. To be called before a run is made.

    `source`: the reference of the run that the new one is made of, which is not replaced either.
    """
    place = store.run_place(*_named(ref, "run"), force=force)
    if source is None:
        return
    own = [store.home / "runs" / source, Path(source).expanduser()]
    own += [Path(run.folder) for run in store.list_runs() if run.id == source]
    if place.resolve() in [folder.resolve() for folder in own]:
        raise BadInput(say("'{ref}' is the run that the new one is made of; save it under another name", ref=ref))


def load_run(ref: str, *, store: Store) -> Run:
    """The run at that path or of that name; BadInput when there is none or it is damaged."""
    return run_of(store.load_run(ref))


def run_of(record: RunRecord) -> Run:
    """The run that the record describes, its aligner fitted. BadInput for an aligner or parameter that is not there."""
    aligner = ALIGNERS.create(record.aligner, **record.params).load_state(record.state)
    report = dict(record.report)
    choices = Choices(
        pair=record.pair,
        aligner=record.aligner,
        params=record.params,
        similarity=record.similarity,
        correction=record.correction,
        matcher=record.matcher,
        matcher_params=record.matcher_params,
        seed=record.seed,
        correction_params=report.get("correction_params"),
        exact=bool(report.get("exact", False)),
        model_texts=bool(report.get("model_texts", False)),
        **_holding_out(report.get("holding_out", {})),
    )
    result = AlignmentResult(
        record.aligner,
        aligner.family(),
        record.params,
        record.seed,
        record.space,
        tuple(report.get("history", ())),
        report["seconds"]["fit"] if report else 0.0,  # one modality as encoded: nothing was fitted or measured
        aligner.transductive,
    )
    return Run(record.id, record.collection, record.encoders, aligner, result, choices, report, record.earlier)


def _holding_out(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The choices as they were: JSON has no tuples."""
    parts = kept.get("parts")
    return {**kept, "parts": parts and tuple((tuple(train), tuple(test)) for train, test in parts)}


def _named(ref: str, run_id: str) -> tuple[str, Path | None]:
    """Return the run's name and its folder: a reference with a separator is a path, any other a name in the store."""
    return (run_id, Path(ref)) if "/" in ref or ref.startswith(".") else (ref, None)


def record_of(run: Run, name: str) -> RunRecord:
    """The run as it is saved under this name."""
    chosen = asdict(run.choices)
    kept = {what: chosen[what] for what in ("pair", "aligner", "seed", "similarity", "correction", "matcher")}
    return RunRecord(
        **kept,
        id=name,
        params=dict(run.aligner.params),
        matcher_params=dict(run.choices.matcher_params or {}),
        encoders=run.encoders,
        report=run.report,
        collection=run.collection,
        space=run.result.space,
        state=run.aligner.state(),
        earlier=run.earlier,
    )

"""Use case: keep a finished alignment, by name in the store or as a folder anywhere, and open it again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from mmalign_core.aligners import ALIGNERS
from mmalign_core.store import RunRecord, Store
from mmalign_core.types import AlignmentResult
from mmalign_core.workflow.aligning import Run
from mmalign_core.workflow.choices import Choices


def save_run(run: Run, ref: str | None = None, *, store: Store) -> Path:
    """Write the run where `ref` says: a path (it holds a separator), else a name in the store; returns its folder."""
    if ref is not None and _is_path(ref):
        return store.save_run(_record(run, run.id), Path(ref))
    return store.save_run(_record(run, run.id if ref is None else ref))


def load_run(ref: str, *, store: Store) -> Run:
    """The run at that path or of that name; BadInput when there is none or it is damaged."""
    record = store.load_run(ref)
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
        **report.get("holding_out", {}),
    )
    result = AlignmentResult(
        record.aligner,
        aligner.family(),
        record.params,
        record.seed,
        record.space,
        tuple(report.get("history", ())),
        report["seconds"]["fit"],
        aligner.transductive,
    )
    return Run(record.id, record.collection, record.encoders, aligner, result, choices, report)


def _is_path(ref: str) -> bool:
    return "/" in ref or ref.startswith(".")


def _record(run: Run, name: str) -> RunRecord:
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
    )

"""The stages of work behind a view. Each result is kept as soon as it exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection, Progress
from mmalign_core.workflow import (
    EncodingProcess,
    Run,
    SpaceMap,
    Store,
    align,
    encode,
    inspect_collection,
    project_run,
)
from pages._session import cache, state, view_history
from pages._session.jobs import JOBS, Job, submit
from pages._session.results_cache import Failed, ResultsCache
from pages._session.session_jobs import SESSION_JOBS
from pages._session.sources import open_source, saved_run
from pages._session.view_spec import ViewSpec, as_choices, choices_of

Watch = Callable[[Mapping[str, float]], None]
OnMap = Callable[[SpaceMap], None]

STAGES = ("collection", "run", "map")
"""Each stage needs the one before it. The inspection is last and needs only the collection."""


def prepare(
    spec: ViewSpec,
    results: ResultsCache,
    store: Store,
    settings: Settings,
    progress: Progress,
    *,
    watch: Watch,
    on_map: OnMap,
) -> None:
    """Make the results that the cache does not hold. Bad input puts a `Failed` there and ends the pipeline.

    `watch` gets each row of a fit's history during the fit, `on_map` each whole map while a large one gets better.
    """
    collection, run = _opened(spec, results, store, settings, progress, watch)
    if isinstance(collection, Failed):
        return
    if not isinstance(run, Failed):
        drawing = within(progress, 0.75, 0.95)
        _stage(
            results,
            "map",
            spec.map_key,
            lambda: project_run(run, **spec.map, store=store, progress=drawing, on_state=on_map),
        )
    checking = within(progress, 0.95, 1.0)
    _stage(
        results,
        "inspection",
        spec.collection_key,
        lambda: inspect_collection(collection, settings=settings, progress=checking),
    )


def _stage(results: ResultsCache, kind: str, key: str, make: Callable[[], Any]) -> Any:
    found = results.get(kind, key)
    if found is None:
        try:
            found = make()
        except BadInput as error:
            found = Failed(str(error))
        results.put(kind, key, found)
    return found


def run_of(spec: ViewSpec, results: ResultsCache, progress: Progress) -> Run:
    """Return the run of a view: from the cache, or loaded or aligned and kept there. BadInput if it cannot be made."""
    store, settings = cache.store_for(spec.source), cache.settings_for(spec.source)
    _, run = _opened(spec, results, store, settings, progress, lambda row: None)
    if isinstance(run, Failed):
        raise BadInput(run.reason)
    return run


def _opened(
    spec: ViewSpec, results: ResultsCache, store: Store, settings: Settings, progress: Progress, watch: Watch
) -> tuple[Collection | Failed, Run | Failed]:
    """The collection and the run of a view. The run has failed where the collection has."""
    with EncodingProcess(within(progress, 0.2, 0.65)) as process:
        collection = _stage(
            results, "collection", spec.collection_key, lambda: open_source(spec, store, settings, progress, process)
        )
        if isinstance(collection, Failed):
            return collection, collection
        make = partial(_align, spec, collection, results, store, settings, progress, watch, process)
        return collection, _stage(results, "run", spec.run_key, make)


def _align(
    spec: ViewSpec,
    collection: Collection,
    results: ResultsCache,
    store: Store,
    settings: Settings,
    progress: Progress,
    watch: Watch,
    process: EncodingProcess,
) -> Run:
    """Return the saved run, the run of a fit that a comparison kept, or a new run."""
    if spec.saved:
        return saved_run(spec.saved, store)
    kept = results.get("fit", spec.run_key)
    if kept is not None:
        return kept.run(collection, progress=within(progress, 0.65, 0.75))
    choices, encoders = as_choices(spec.choices, collection)
    shown = within(progress, 0.2, 0.65)
    ways = {"write": process.write_batches, "load": process.load}
    encoding = encode(collection, encoders, store=store, settings=settings, progress=shown, **ways)
    process.end()
    return align(collection, encoding, choices, store=store, progress=within(progress, 0.65, 0.75), watch=watch)


def begin() -> None:
    """Start the work behind this session's view, unless it is done, runs, or was stopped.

    If the view's collection cannot be opened, the view before it is shown again; `view_history.problem` says why. Work
    for a collection that no session shows any more is cancelled, so that the new one does not wait for it.
    """
    _step_back()
    spec = state.view_spec()
    SESSION_JOBS.turn(view_history.session(), spec.collection_key, spec.map_key)
    job = current_job()
    if _missing(spec) and (job is None or job.status == "done"):
        _submit(spec)


def _step_back() -> None:
    """Show the earlier collection again if the new one cannot be opened; else forget the earlier one."""
    found = ready("collection")
    if isinstance(found, Failed):
        view_history.go_back(found.reason)
    elif found is not None:
        view_history.forget()


def restart() -> None:
    """Drop failed results, and start again."""
    spec = state.view_spec()
    for kind in STAGES:
        if isinstance(_result(spec, kind), Failed):
            cache.results().drop(kind, spec.key(kind))
    _submit(spec)


def align_with(choices: Mapping[str, Any]) -> None:
    """Align with these choices. The work starts when the page runs again, also if it was stopped before."""
    state.choose(choices)
    if stopped():
        restart()


def choices() -> Mapping[str, Any]:
    """Return the choices behind the open run: those of the session, or those that a saved run was made by."""
    spec, run = state.view_spec(), ready("run")
    return choices_of(run) if spec.saved and isinstance(run, Run) else spec.choices


def ready(kind: str) -> Any | None:
    """Return this session's collection, run, map or inspection: `Failed` with a reason, or None before it exists."""
    return _result(state.view_spec(), kind)


def map_so_far() -> SpaceMap | None:
    """Return the newest whole map while a large one gets better, also after it was stopped; None if there is none."""
    job = current_job()
    return job.state if job is not None else None


def _submit(spec: ViewSpec) -> None:
    results, store, settings = cache.results(), cache.store(), cache.settings()
    submit(
        JOBS,
        "prepare",
        lambda job: prepare(spec, results, store, settings, job.progress, watch=job.publish, on_map=job.show),
        owner=spec.map_key,
        once=True,
    )


def stopped() -> bool:
    """Whether the work failed or was stopped before all was made."""
    job = current_job()
    return job is not None and job.status in ("cancelled", "failed") and bool(_missing(state.view_spec()))


def current_job() -> Job[Any] | None:
    """Return the latest job of this session's view."""
    mine = JOBS.all(owner=state.view_spec().map_key)
    return next((job for job in mine if not SESSION_JOBS.overtaken(job.id)), None)


def _result(spec: ViewSpec, kind: str) -> Any | None:
    return cache.results().get(kind, spec.key(kind))


def ready_stages() -> tuple[str, ...]:
    """Return the stages with a result, and how far the map is that can be shown before it is done."""
    drawn = map_so_far()
    states = () if drawn is None else (f"map {drawn.projection.done:.2f}",)
    return (*(kind for kind in (*STAGES, "inspection") if ready(kind) is not None), *states)


def _missing(spec: ViewSpec) -> bool:
    """Whether a stage is still to be run. Stages after a failure are never run."""
    for kind in STAGES:
        found = _result(spec, kind)
        if found is None:
            return True
        if isinstance(found, Failed):
            return kind != "collection" and _result(spec, "inspection") is None
    return _result(spec, "inspection") is None

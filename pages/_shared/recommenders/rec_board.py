"""The background work of the Recommenders page: rows lie on the shelf as they come, so none is made twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from mmalign_core.jobs import JOBS, Job
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Collection, EmbeddingSet, digest_json
from mmalign_core.workflow import encode
from mmalign_core.workflow.evaluation.evaluation import Entry, evaluate
from mmalign_core.workflow.evaluation.ranking import Board, ranked
from mmalign_core.workflow.evaluation.trials import Protocol, all_places, events_of
from pages._shared import cache, errors
from pages._shared.shelf import Shelf
from pages._shared.waiting import progress_bar

_EVERY = 1.0


@dataclass(frozen=True)
class Asked:
    """`names` of the recommenders, how they are measured, and on what: `space` is that of the session's run, or None
    where there is no run and the vectors are those of the encoders; `source` is the digest of either."""

    names: tuple[str, ...]
    protocol: Protocol
    collection: Collection
    space: Mapping[str, EmbeddingSet] | None
    source: str

    @property
    def key(self) -> str:
        """Of all but the names: more recommenders add to the same rows."""
        return digest_json([self.source, self.space is None, asdict(self.protocol)])


def start(asked: Asked) -> None:
    """Measure what has no row yet, and again what failed."""
    shelf, store, settings = cache.shelf(), cache.store(), cache.settings()
    JOBS.submit("evaluate", lambda job: measure(asked, shelf, store, settings, job), owner=_owner(asked), once=True)


def measure(asked: Asked, shelf: Shelf, store: Store, settings: Settings, job: Job[None]) -> None:
    """The work itself; each row goes on the shelf at once."""
    events = events_of(asked.collection, asked.protocol)
    space = asked.space
    if space is None:
        shown = within(job.progress, 0.0, 0.3)
        space = encode(asked.collection, store=store, settings=settings, progress=shown).sets

    def keep(**news: Any) -> None:
        held = _held(asked, shelf)
        facts, rows = news.get("facts", held["facts"]), held["rows"] | news.get("rows", {})
        shelf.put("trial", asked.key, {"facts": facts, "rows": rows})

    evaluate(
        all_places(asked.collection, space),
        events,
        [Entry(name) for name in asked.names],
        asked.protocol,
        progress=within(job.progress, 0.3 if asked.space is None else 0.0, 1.0),
        told=lambda facts: keep(facts=dict(facts)),
        publish=lambda row: keep(rows={row["recommender"]: row}),
        finished=[row for row in _held(asked, shelf)["rows"].values() if not row["error"]],
    )


def board(asked: Asked) -> Board:
    """Of the chosen recommenders, what is measured so far, beside the items in random order."""
    held = _held(asked, cache.shelf())
    rows = [row for name, row in held["rows"].items() if name in asked.names or row["baseline"]]
    return ranked(rows, held["facts"])


def show_progress(asked: Asked) -> None:
    """How far the measuring is, with a button to stop it; what went wrong; what is not measured yet."""
    job = _job(asked)
    if job is not None and not job.finished:
        st.fragment(_poll, run_every=_EVERY)(asked, len(_held(asked, cache.shelf())["rows"]))
        return
    if job is not None and job.error:
        errors.show(job.error)
    missing = [name for name in asked.names if name not in _held(asked, cache.shelf())["rows"]]
    if job is not None and missing and not job.error:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":gray[:material/pause: Not measured yet: {errors.plain(', '.join(missing))}.]")
            st.button("Measure the rest", icon=":material/resume:", key="rank.rest", on_click=start, args=(asked,))


def _poll(asked: Asked, seen: int) -> None:
    job = _job(asked)
    if job is None or job.finished or len(_held(asked, cache.shelf())["rows"]) != seen:
        st.rerun()
    progress_bar(job, stop="rank.stop")


def _held(asked: Asked, shelf: Shelf) -> dict[str, Any]:
    return shelf.get("trial", asked.key) or {"facts": {}, "rows": {}}


def _job(asked: Asked) -> Job[Any] | None:
    return next(iter(JOBS.all(owner=_owner(asked))), None)


def _owner(asked: Asked) -> str:
    return f"evaluate {asked.key}"

"""A tour of the demo: what its run shows beside the findings, computed in the background, and where each step leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mmalign_core.types import Collection, Progress
from mmalign_core.wording import say
from mmalign_core.workflow import Finding, Run, demo_tour
from pages._session import cache, pipeline, state
from pages._session.jobs import Task, watched_task
from pages._session.links import PLANTED
from pages._session.uploads import receive_query

_TRAINED: Mapping[str, Any] = {"aligner": "cca", "test": 0.3}
"""Choices by which the demo with planted wrong pairs is aligned: an aligner that learns from pairs, so that a
repair can teach it something, and the share held out in the README's example."""


def task(run: Run, run_key: str) -> Task:
    """The steps of the tour, as one background task."""
    store, settings = cache.store(), cache.settings()

    def work(progress: Progress, watch: Callable[[tuple[Finding, ...]], None]) -> tuple[Finding, ...]:
        return demo_tour(run, store=store, settings=settings, progress=progress, watch=watch)

    return watched_task("tour", run_key, say("prepare the tour of the demo"), work)


def open_planted() -> None:
    """Open the demo with planted wrong pairs, aligned by an aligner that learns from pairs."""
    state.open_source("demo", PLANTED)
    pipeline.align_with(_TRAINED)


def ask(action: Mapping[str, Any], collection: Collection) -> None:
    """Put the query of a step in place of the query on Recommend."""
    if "sound_of" in action:
        own = next(medium for medium in collection.media_of("audio") if medium.item == action["sound_of"])
        kept = receive_query(Path(own.path).name, Path(own.path).read_bytes(), cache.settings())
        state.set_query([{"kind": "audio", "value": kept, "weight": 1.0}])
    else:
        state.set_query(action["parts"])

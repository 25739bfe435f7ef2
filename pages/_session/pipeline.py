"""The long work behind a view, stage by stage; each result goes on the shelf at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection, Progress
from mmalign_core.workflow import Store, align, encode, inspect_collection, open_collection, open_demo, project_run
from pages._session.results_cache import Failed, Shelf
from pages._session.uploads import open_upload
from pages._session.view_spec import Wanted, as_choices

Watch = Callable[[Mapping[str, float]], None]

STAGES = ("collection", "run", "map")
"""Each needs the one before it. The inspection comes last of all and needs only the collection."""


def prepare(
    wanted: Wanted, shelf: Shelf, store: Store, settings: Settings, progress: Progress, *, watch: Watch
) -> None:
    """Make what the shelf does not hold yet. Bad input puts a `Failed` there, and ends the chain.

    `watch` gets each row of a fit's history as it comes.
    """
    collection = _stage(shelf, "collection", wanted.collection_key, lambda: _open(wanted, settings, progress))
    if isinstance(collection, Failed):
        return
    run = _stage(shelf, "run", wanted.run_key, lambda: _align(wanted, collection, store, settings, progress, watch))
    if not isinstance(run, Failed):
        drawing = within(progress, 0.75, 0.95)
        _stage(shelf, "map", wanted.map_key, lambda: project_run(run, **wanted.map, store=store, progress=drawing))
    checking = within(progress, 0.95, 1.0)
    _stage(
        shelf,
        "inspection",
        wanted.collection_key,
        lambda: inspect_collection(collection, settings=settings, progress=checking),
    )


def _stage(shelf: Shelf, kind: str, key: str, make: Callable[[], Any]) -> Any:
    found = shelf.get(kind, key)
    if found is None:
        try:
            found = make()
        except BadInput as error:
            found = Failed(str(error))
        shelf.put(kind, key, found)
    return found


def _open(wanted: Wanted, settings: Settings, progress: Progress) -> Collection:
    kind, value = wanted.source["kind"], wanted.source["value"]
    shown = within(progress, 0.0, 0.2)
    shown(0.0, "opening the collection")
    if kind == "folder":
        return open_collection(value, settings=settings, progress=shown)
    if kind == "upload":
        return open_upload(value, settings=settings)
    return open_demo(settings=settings, progress=shown)


def _align(
    wanted: Wanted, collection: Collection, store: Store, settings: Settings, progress: Progress, watch: Watch
) -> Any:
    choices, encoders = as_choices(wanted.choices, collection)
    shown = within(progress, 0.2, 0.65)
    encoding = encode(collection, encoders, store=store, settings=settings, progress=shown)
    return align(collection, encoding, choices, store=store, progress=within(progress, 0.65, 0.75), watch=watch)

"""The collection behind a view: the demo, a folder, an upload, or that of a saved run."""

from __future__ import annotations

import json
from collections import Counter

from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection, Progress
from mmalign_core.wording import say
from mmalign_core.workflow import (
    DEFAULT_ENCODERS,
    EncodingProcess,
    Run,
    Store,
    demo_folder,
    load_run,
    open_collection,
    open_demo,
    open_planted_demo,
)
from pages._session import cache
from pages._session.links import PLANTED
from pages._session.uploads import open_upload
from pages._session.view_spec import ViewSpec


def open_source(
    spec: ViewSpec, store: Store, settings: Settings, progress: Progress, process: EncodingProcess
) -> Collection:
    """Return the collection of a view's source. BadInput if it cannot be opened, or belongs to another.

    `process`: where it will be encoded.
    """
    kind, value = spec.source["kind"], spec.source["value"]
    shown = within(progress, 0.0, 0.2)
    shown(0.0, say("opening the collection"))
    roles = json.loads(spec.source.get("roles", "{}"))
    if kind == "folder":
        if settings.data_roots is not None and "opened" not in spec.source:
            raise BadInput(say("this address asks for the folder '{value}'; open it by a click", value=value))
        return open_collection(value, roles=roles, settings=settings, progress=shown)
    if kind == "upload":
        if settings.scratch is None:
            raise BadInput(
                say(
                    "these uploaded files are no longer here, or belong to another session whose owner does not "
                    "share them; upload them again"
                )
            )
        return open_upload(settings.scratch, roles=roles, settings=settings, progress=shown)
    if kind == "unknown":
        raise BadInput(say("the link names the data '{value}', which is not here", value=value))
    if kind == "run":
        return saved_run(value, store).collection
    if value == PLANTED:
        return open_planted_demo(settings=settings, progress=shown)
    if not demo_folder(settings).is_dir():
        encoders = {m: DEFAULT_ENCODERS[m] for m in ("image", "text", "audio")}
        process.load_ahead(encoders, settings)  # while the demo is written
    return open_demo(settings=settings, progress=shown)


def saved_run(name: str, store: Store) -> Run:
    """Return the run saved under that name. BadInput if it is gone."""
    if name not in {summary.id for summary in store.list_runs()}:
        raise BadInput(say("the saved run '{name}' is no longer here; it was deleted or renamed", name=name))
    return load_run(name, store=store)


def shared_titles(collection: Collection) -> frozenset[str]:
    """Return the items whose title is that of another item too."""
    return cache.of_collection("shared titles", collection, _shared)


def _shared(collection: Collection) -> frozenset[str]:
    titles = cache.titles(collection)
    many = Counter(titles.values())
    return frozenset(item for item, title in titles.items() if many[title] > 1)

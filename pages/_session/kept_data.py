"""What a person keeps: an upload, so that it stays when the session ends, and a run, which keeps its upload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mmalign_core.types import Media
from mmalign_core.workflow import (
    Run,
    keep_upload,
    kept_upload,
    run_record,
    save_run,
    share_upload,
    uploads_on,
)
from pages._session import cache, places, sessions
from pages._session.visitors import Visitor, visitor


def kept_uploads() -> list[Path]:
    """Return the folders of the kept uploads that this person may see, the latest first.

    Where nobody signs in, people on a network see what their own browser kept; on one machine all are the same person.
    """
    who = visitor()
    found = uploads_on(places.home_of(who, cache.server_settings()) / places.SHELF)
    return [folder for folder in found if not who.network or who.person or kept_upload(folder).by == who.key]


def is_kept(folder: Path, who: Visitor) -> bool:
    """Whether the upload's folder stays when the session ends."""
    return folder.parent != places.shelf_of(who, cache.server_settings())


def keep_files(source: Mapping[str, str]) -> Path | None:
    """Keep the upload behind a source with what was made from it; return its folder, None for other data."""
    who, settings = visitor(), cache.server_settings()
    folder = places.data_folder(who, source, settings)
    if folder is None or is_kept(folder, who):
        return folder
    return keep_upload(folder, places.home_of(who, settings) / places.SHELF, who.key)


def share(source: Mapping[str, str], shared: bool) -> None:
    """Keep the upload, and let others open it by its link, or no more."""
    folder = keep_files(source)
    if folder is not None:
        share_upload(folder, shared)


def keep_run(run: Run, name: str, source: Mapping[str, str]) -> None:
    """Save the run of the data of `source` under that name. A run of an upload lies with the upload, which is kept."""
    store = cache.home_store()
    before = places.data_folder(visitor(), source, cache.server_settings())
    kept = keep_files(source)
    if kept is None or before is None:
        save_run(run, name, store=store)
        return
    collection = replace(run.collection, media=run.collection.table.at_places(lambda one: _moved(one, before, kept)))
    store.save_run(run_record(replace(run, collection=collection), name), kept / "runs" / name)


def delete_uploads(digests: tuple[str, ...]) -> int:
    """Delete kept uploads with everything made from them, also what this session still holds; return the bytes."""
    who, settings = visitor(), cache.server_settings()
    freed = cache.home_store().remove(places.SHELF, digests)
    for digest in digests:
        sessions.forget_upload(who.key, digest, settings)
    return freed


def delete_upload(digest: str) -> None:
    """Delete the open upload with everything made from it, whether it was kept or not."""
    who, settings = visitor(), cache.server_settings()
    if (places.home_of(who, settings) / places.SHELF / digest).is_dir():
        delete_uploads((digest,))
    sessions.forget_upload(who.key, digest, settings)


def _moved(medium: Media, before: Path, kept: Path) -> str | None:
    if medium.path is None or not Path(medium.path).is_relative_to(before):
        return medium.path
    return str(kept / Path(medium.path).relative_to(before))

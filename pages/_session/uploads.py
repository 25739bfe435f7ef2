"""Uploaded files of a session: collections on the person's shelf, and the pictures, sounds and videos of queries."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection, Progress, digest_bytes, digest_file, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow import add_upload, collect_uploads, folder_bytes, upload_files
from pages._session import places, sessions
from pages._session.visitors import visitor

_LONGEST_ENDING = 6
"""Characters of an ending, with its dot; our choice: the longest of those that we read."""
Content = bytes | Path
"""Content of a received file: its bytes, or the file on this machine that it was streamed to, which is moved."""


def receive_upload(files: Sequence[tuple[str, Content]], settings: Settings) -> str:
    """Put (name, content) pairs on the shelf of this session and return their digest.

    BadInput where a person's uploads together exceed the limit.
    """
    own = places.folders(settings.root).make(visitor().key)
    sessions.attend()
    _check_room(files, own, settings)
    return add_upload(own / places.SHELF, files)


def open_upload(
    folder: Path, *, settings: Settings, roles: Mapping[str, str] | None = None, progress: Progress = no_progress
) -> Collection:
    """Return the collection of the files in an upload's folder. BadInput if they are gone."""
    return collect_uploads(upload_files(folder), roles=roles, settings=settings, progress=progress)


def receive_query(name: str, content: Content, settings: Settings) -> str:
    """Put one uploaded picture, sound or video into the folder of this session, under its digest; return its name."""
    folder = places.folders(settings.root).make(visitor().key) / "queries"
    sessions.attend()
    _check_room([(name, content)], folder.parent, settings)
    digest = digest_bytes(content) if isinstance(content, bytes) else digest_file(content)
    ending = Path(name).suffix.lower()
    kept = f"{digest}{ending}" if ending[1:].isalnum() and len(ending) <= _LONGEST_ENDING else digest
    folder.mkdir(exist_ok=True)
    draft = folder / f".{kept}.{uuid4().hex}"
    draft.write_bytes(content) if isinstance(content, bytes) else os.replace(content, draft)
    os.replace(draft, folder / kept)
    return kept


def query_path(name: str, settings: Settings) -> Path:
    """Return the path of this session's picture, sound or video of that name. BadInput if it is gone."""
    path = places.folders(settings.root).of(visitor().key) / "queries" / Path(name).name
    if not path.is_file():
        raise BadInput(
            say("an uploaded file of this query is no longer here; remove it from the query and upload it again")
        )
    return path


def _check_room(files: Sequence[tuple[str, Content]], own: Path, settings: Settings) -> None:
    sizes = [len(content) if isinstance(content, bytes) else content.stat().st_size for _, content in files]
    if folder_bytes(own) + sum(sizes) > settings.max_upload_bytes:
        raise BadInput(
            say(
                "the uploads of one person may take {max_upload_bytes:,.0f} MB together; delete an earlier one, "
                "upload less, or raise MMALIGN_MAX_UPLOAD_BYTES",
                max_upload_bytes=settings.max_upload_bytes / 1e6,
            )
        )

"""Uploaded files, kept under the store's root by the digest of all of them, so that a link can reopen them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection, digest_bytes
from mmalign_core.workflow import collect_uploads


def keep_upload(files: Sequence[tuple[str, bytes]], settings: Settings) -> str:
    """Write (name, content) pairs to disk and return their digest. Names are data: they never become file names."""
    parts = [part for name, content in files for part in (name.encode(errors="replace"), content)]
    digest = digest_bytes(*parts)
    folder = _folder(digest, settings)
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".draft-"))
        for place, (_, content) in enumerate(files):
            (draft / f"{place:06d}").write_bytes(content)
        (draft / "names.json").write_text(json.dumps([name for name, _ in files]), encoding="utf-8")
        _settle(draft, folder)
    return digest


def open_upload(digest: str, *, settings: Settings) -> Collection:
    """Return the collection of these kept files. BadInput if they are gone."""
    folder = _folder(digest, settings)
    if not folder.exists():
        raise BadInput("these uploaded files are no longer here; upload them again")
    names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    files = [(name, folder / f"{place:06d}") for place, name in enumerate(names)]
    return collect_uploads(files, settings=settings)


def _folder(digest: str, settings: Settings) -> Path:
    return settings.root / "uploads" / digest


def _settle(draft: Path, folder: Path) -> None:
    """Rename the draft to the folder in one step. If another session was faster, its content is the same."""
    try:
        os.rename(draft, folder)
    except OSError:
        if not folder.exists():
            raise


def keep_query(name: str, content: bytes, settings: Settings) -> str:
    """Write one uploaded picture or sound to disk under its digest, and return the path."""
    ending = Path(name).suffix.lower()
    ending = ending if ending[1:].isalnum() and len(ending) <= 6 else ""
    folder = settings.root / "queries"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest_bytes(content)}{ending}"
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_bytes(content)
        os.replace(draft, path)
    return str(path)


def query_path(name: str, settings: Settings) -> Path:
    """Return the path of the kept picture or sound of this name. BadInput if it is gone."""
    path = settings.root / "queries" / Path(name).name
    if not path.is_file():
        raise BadInput("an uploaded file of this query is no longer here; remove it from the query and upload it again")
    return path

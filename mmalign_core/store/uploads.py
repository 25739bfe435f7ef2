"""Uploads: files that people gave to a dashboard, each in a folder that also holds all that is made from them.

An upload lies on a shelf: the folder `uploads` of a session, which goes with it, or that of a person's home, where it
is kept until somebody deletes it. Its folder is named by the digest of names and contents. It holds `names.json`, one
numbered file for each name, `kept.json` where it is kept, and beside them a store of its own: unpacked media, vectors,
maps, marks and runs. So what was made from an upload goes with it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from mmalign_core.store.contents import KINDS, Entry, bytes_of
from mmalign_core.store.errors import make_folder, writing
from mmalign_core.store.exchanges import rename_new, sync, sync_tree
from mmalign_core.store.file_writes import write_file
from mmalign_core.store.folders import remove_folder
from mmalign_core.store.parts import new_folder
from mmalign_core.store.start import STAMP
from mmalign_core.types import BadInput, digest_bytes, digest_file

SHELF, NAMES, KEPT = "uploads", "names.json", "kept.json"
_DIGEST = "[0-9a-f]" * 32
"""As a pattern of names of files."""


@dataclass(frozen=True)
class KeptUpload:
    """What `kept.json` holds. `by`: who kept it, a digest; `when`: the moment in UTC; `shared`: others may open it."""

    by: str = ""
    when: str = ""
    shared: bool = False


class Removable(Protocol):
    """What the deletion of an upload asks of the store in its folder."""

    def entries(self, kind: str) -> list[Entry]: ...
    def remove(self, kind: str, keys: Sequence[str]) -> int: ...


def add_upload(shelf: Path, files: Iterable[tuple[str, bytes | Path]]) -> str:
    """Put (name, content) pairs on the shelf and return their digest. Names are data: they never become file names.

    A content that is a path is moved, not copied. Raises BadInput if it cannot be written.
    """
    make_folder(shelf)
    with writing(shelf), new_folder(shelf / "upload") as draft:
        digests, names = [], []
        for place, (name, content) in enumerate(files):
            path = draft / f"{place:06d}"
            path.write_bytes(content) if isinstance(content, bytes) else os.replace(content, path)
            digests += [name.encode(errors="replace"), digest_file(path).encode()]
            names.append(name)
        (draft / NAMES).write_text(json.dumps(names), encoding="utf-8")
        digest = digest_bytes(*digests)
        with suppress(FileExistsError):  # whoever was faster has the same content
            rename_new(draft, shelf / digest)
    return digest


def upload_files(folder: Path) -> list[tuple[str, bytes | Path]]:
    """The name and the file of each content. BadInput if the upload is gone or damaged."""
    try:
        names = json.loads((folder / NAMES).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput("these uploaded files are no longer here; upload them again") from error
    return [(name, folder / f"{place:06d}") for place, name in enumerate(names)]


def keep_upload(folder: Path, shelf: Path, by: str) -> Path:
    """Put an upload with all that was made from it on another shelf, unless it is there; returns its folder there."""
    target = shelf / folder.name
    if not target.exists():
        make_folder(shelf)
        with writing(shelf), new_folder(target) as draft:
            shutil.copytree(folder, draft, copy_function=_linked, dirs_exist_ok=True)
            kept = KeptUpload(by, datetime.now(UTC).isoformat(timespec="seconds"))
            (draft / KEPT).write_text(json.dumps(asdict(kept)))
            sync_tree(draft)
            with suppress(FileExistsError):
                rename_new(draft, target)
            sync(shelf)
    return target


def kept_upload(folder: Path) -> KeptUpload:
    """Who kept the upload, when, and whether it is shared; nothing of it where nothing says so."""
    try:
        found = json.loads((folder / KEPT).read_text())
        return KeptUpload(str(found["by"]), str(found["when"]), found["shared"] is True)
    except (OSError, ValueError, KeyError, TypeError):
        return KeptUpload()


def share_upload(folder: Path, shared: bool) -> None:
    """Say whether others may open this kept upload by its link."""
    kept = kept_upload(folder)
    with writing(folder):
        write_file(folder / KEPT, json.dumps(asdict(kept) | {"shared": shared}).encode())


def shared_upload(root: Path, digest: str) -> Path | None:
    """The folder of the upload of that digest that somebody keeps and shares; None if nobody does."""
    places = [root / SHELF / digest, *sorted((root / "people").glob(f"*/{SHELF}/{digest}"))]
    return next((place for place in places if kept_upload(place).shared), None)


def uploads_on(shelf: Path) -> list[Path]:
    """The folders of all uploads on the shelf, the latest first."""
    return sorted(shelf.glob(_DIGEST), key=lambda path: (kept_upload(path).when, path.name), reverse=True)


def upload_entries(shelf: Path) -> list[Entry]:
    """The uploads on the shelf as entries of the store; their bytes include what was made from them."""
    return [Entry(SHELF, folder.name, bytes_of(folder), about_upload(folder)) for folder in uploads_on(shelf)]


def about_upload(folder: Path) -> str:
    """One line on an upload: the names of its files, when it was kept, and what was saved of it."""
    try:
        names = [name for name, _ in upload_files(folder)]
    except BadInput:
        return ""
    kept, runs = kept_upload(folder), sorted(run.parent.name for run in folder.glob("runs/[!.]*/run.json"))
    more = f" and {len(names) - 2:,} more" if len(names) > 3 else ""
    shown = ", ".join(names[: 2 if more else 3])[:200] + more
    parts = [shown, f"kept {kept.when}" if kept.when else "", "shared by link" if kept.shared else ""]
    return ", ".join(filter(None, [*parts, f"with {len(runs)} saved runs" if runs else ""]))


def remove_upload(folder: Path, store_in: Callable[[Path], Removable]) -> None:
    """Delete an upload with all that was made from it; `store_in` opens the store in its folder.

    Raises BadInput, before its own files go, if it holds anything that this program did not write.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise BadInput(f"'{folder}' is not deleted: it is not as this program wrote it; delete it yourself")
    _refuse_foreign(folder)
    inside = store_in(folder)
    for kind in KINDS:
        if kind != SHELF:
            inside.remove(kind, [entry.key for entry in inside.entries(kind)])
    if left := next((path for path in sorted(folder.rglob("*")) if _is_foreign(path, folder, within=True)), None):
        name = left.relative_to(folder).as_posix()
        raise BadInput(f"'{folder}' is not deleted: '{name}' is not as this program wrote it; delete it yourself")
    remove_folder(folder)


def _refuse_foreign(folder: Path) -> None:
    try:
        upload_files(folder)
    except BadInput as error:
        why = "nothing says that this program made the folder"
        raise BadInput(f"'{folder}' is not deleted: {why}; move it away or delete it yourself") from error
    if found := next((path.name for path in sorted(folder.iterdir()) if _is_foreign(path, folder)), None):
        why = f"'{found}' is not as this program wrote it"
        raise BadInput(f"'{folder}' is not deleted: {why}; move it away or delete it yourself")


def _is_foreign(path: Path, folder: Path, within: bool = False) -> bool:
    """Whether it is neither a file of the upload nor a folder of the store; `within`: nor lies in one unasked."""
    own = {NAMES, KEPT, STAMP, *(file.name for _, file in upload_files(folder) if isinstance(file, Path))}
    if path.parent == folder and path.name in own:
        return path.is_symlink() or not path.is_file()
    top = path.relative_to(folder).parts[0]
    if top not in _STORE_FOLDERS or path.is_symlink():
        return True
    return within and not path.is_dir() and top in _EMPTIED


_STORE_FOLDERS = (*KINDS, "sequences", "lists")
"""Folders of a store, as an upload's folder has them."""
_EMPTIED = ("media", "queries", "maps", "marks", "runs", "collections", "indexes")
"""Those whose entries are removed one by one, each only if it is ours; what is left in them is not ours."""


def _linked(source: str, target: str) -> None:
    """The same content at another place: linked where the file system can, except logs, which grow in place."""
    if source.endswith(".jsonl"):
        shutil.copy2(source, target)
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)

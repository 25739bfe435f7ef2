"""Reading a collection from whatever the user has: a folder, a manifest or an archive."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from mmalign_core.data.archives import unpack
from mmalign_core.data.arrays import Beside, attach, find_beside
from mmalign_core.data.columnar import folder_source, read_source
from mmalign_core.data.columnar.parquet import COLUMNAR
from mmalign_core.data.draft import Draft
from mmalign_core.data.folder import list_folder, rows_by_stem
from mmalign_core.data.formats import ARCHIVES, ARRAYS, TABLES, modality_of
from mmalign_core.data.names import shown
from mmalign_core.data.places import find_below
from mmalign_core.data.tabular.interactions import read_interactions
from mmalign_core.data.tabular.manifest import add_manifest, add_table
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection, Progress, no_progress

ATTRIBUTION = ("ATTRIBUTION.txt", "ATTRIBUTION.md")
_LONGEST_ATTRIBUTION = 10_000


def read_collection(
    data: str | Path,
    *,
    interactions: str | Path | None = None,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Collection:
    """The collection in a folder, a manifest (.csv .tsv .jsonl .parquet) or an archive (.zip .tar .tar.gz .tgz).

    A folder that holds manifest.jsonl, .csv, .tsv or .parquet (the first of these) is read through it, any other by
    pairing file names; `interactions.csv` (or .tsv .jsonl .parquet) beside the manifest or in the folder is used unless
    `interactions` names another, and ATTRIBUTION.txt (or .md) becomes what is shown beside the media. Nothing is
    decoded. What cannot be used is listed in `Collection.skipped`; BadInput is raised when nothing can be used, or
    `data` itself cannot be read.
    """
    settings, path = settings or Settings(), _existing(data)
    explicit = None if interactions is None else Path(os.path.expanduser(interactions))
    if path.is_dir():
        return read_folder(path, path.resolve().name, Draft(settings), explicit, progress)
    if path.suffix.lower() in TABLES + COLUMNAR:
        return _read_manifest(path, path.resolve().parent.name, Draft(settings), explicit, progress)
    if path.suffix.lower() in ARRAYS:
        return _read_arrays(path, Draft(settings), explicit, progress)
    if path.name.lower().endswith(ARCHIVES):
        return _read_archive(path, Draft(settings), explicit, progress)
    raise BadInput(
        f"'{shown(path.name)}' is not a collection; give a folder or one of {', '.join(TABLES + ARRAYS + ARCHIVES)}"
    )


def _existing(data: str | Path) -> Path:
    """The path, or BadInput if nothing is there; an empty one would mean the current folder."""
    try:
        path = Path(os.path.expanduser(data))
        if str(data).strip() and path.exists():
            if not (path.is_dir() or path.is_file()):
                raise BadInput(f"'{shown(data)}' is a pipe or a device; save its content as a file and give that")
            return path
    except OSError as error:  # too long a name
        raise BadInput(f"'{shown(data)}' cannot be opened ({error.strerror}); give a folder or a manifest") from error
    raise BadInput(f"'{shown(data)}' does not exist; give a folder, a manifest or an archive")


def read_folder(
    root: Path,
    name: str,
    draft: Draft,
    interactions: Path | None,
    progress: Progress,
    *,
    trusted: bool = True,
    first_dot: bool = False,
) -> Collection:
    """The collection below `root`. Unless `trusted` its manifest may not name absolute paths."""
    manifests = [root / f"manifest{extension}" for extension in TABLES if (root / f"manifest{extension}").is_file()]
    if manifests:
        for other in manifests[1:]:
            draft.skip(
                other.name, "", f"'{other.name}' is not read, since '{manifests[0].name}' is there too", other.name
            )
        beside = find_beside(_top_files(root), draft, progress)
        return _read_manifest(manifests[0], name, draft, interactions, progress, trusted=trusted, beside=beside)
    source = folder_source(root, name)
    if source is not None:
        find = partial(find_below, root, absolute=False)
        table = read_source(source, draft, progress)
        add_table(draft, table, find, progress, source.name, find_beside(_top_files(root), draft, progress))
        return _finish(root, name, draft, interactions, progress)
    listing = list_folder(root, draft)
    beside = find_beside(listing, draft, progress)
    taken = {file for group in beside for file in group.files}
    media = {file: path for file, path in listing.items() if file not in taken}
    rows = attach(rows_by_stem(media, draft, first_dot=first_dot), beside, draft)
    draft.add_all(rows, partial(find_below, root, absolute=False), progress, len(rows))
    return _finish(root, name, draft, interactions, progress)


def _top_files(root: Path) -> dict[str, Path]:
    """Name -> path of the files right in the folder; links that lead out of it are none of its files."""
    inside = root.resolve()
    return {p.name: p for p in sorted(root.iterdir()) if p.is_file() and p.resolve().is_relative_to(inside)}


def _read_arrays(path: Path, draft: Draft, interactions: Path | None, progress: Progress) -> Collection:
    """An .npy or .npz with the ids, or the manifest, that lie beside it."""
    near = _top_files(path.parent)
    ids = {name: p for name, p in near.items() if p.stem.lower() == "ids"}
    beside = find_beside({path.name: path, **ids}, draft, progress)
    manifest = next((near[f"manifest{e}"] for e in TABLES if f"manifest{e}" in near), None)
    if manifest is not None and any(group.vectors and group.ids is None for group in beside):
        return _read_manifest(manifest, path.stem, draft, interactions, progress, beside=beside)
    rows = attach([], beside, draft)
    draft.add_all(rows, partial(find_below, path.parent, absolute=True), progress, len(rows))
    return _finish(path.parent, path.stem, draft, interactions, progress)


def _read_manifest(
    path: Path,
    name: str,
    draft: Draft,
    interactions: Path | None,
    progress: Progress,
    *,
    trusted: bool = True,
    beside: Sequence[Beside] = (),
) -> Collection:
    add_manifest(draft, path, partial(find_below, path.parent, absolute=trusted), progress, beside=beside)
    return _finish(path.parent, name, draft, interactions, progress)


def _finish(root: Path, name: str, draft: Draft, interactions: Path | None, progress: Progress) -> Collection:
    """The draft as a collection, with the interactions and attribution that lie beside it."""
    found = interactions or next(
        (root / f"interactions{e}" for e in TABLES if (root / f"interactions{e}").is_file()), None
    )
    frame = None if found is None else read_interactions(found, draft.usable_ids(), draft)
    collection = draft.finish(name, frame, read_attribution(root))
    progress(1.0, f"{len(collection.items):,} items read")
    return collection


def read_attribution(folder: Path) -> str:
    """The text of ATTRIBUTION.txt, or of ATTRIBUTION.md, in the folder; '' if there is neither."""
    files = [path for path in (folder / name for name in ATTRIBUTION) if path.is_file()]
    return files[0].read_bytes()[:_LONGEST_ATTRIBUTION].decode("utf-8", "replace").strip() if files else ""


def _read_archive(path: Path, draft: Draft, interactions: Path | None, progress: Progress) -> Collection:
    root = unpack_into(draft, path, path.name, progress)
    is_tar = not path.name.lower().endswith(".zip")
    name = path.name.split(".")[0] or path.name
    return read_folder(root, name, draft, interactions, progress, trusted=False, first_dot=is_tar)


def unpack_into(draft: Draft, path: Path, name: str, progress: Progress) -> Path:
    """The folder with the archive's files, the one inside if it holds a single folder; what is left out is reported."""
    unpacked = unpack(path, draft.settings, progress, name)
    for member, reason in unpacked.left_out:
        draft.skip(member, modality_of(member) or "", reason, shown(name))
    return _inmost(unpacked.folder)


def _inmost(folder: Path) -> Path:
    while len(inside := list(folder.iterdir())) == 1 and inside[0].is_dir():
        folder = inside[0]
    return folder

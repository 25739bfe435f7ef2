"""Reader of collections: a path to a folder, a manifest, vectors or an archive becomes a `Collection`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from mmalign_core.data.archive_members import archive_kind
from mmalign_core.data.arrays import ArrayGroup, attach_vectors, find_arrays
from mmalign_core.data.columnar import COLUMNAR
from mmalign_core.data.draft import Draft
from mmalign_core.data.files import find_below
from mmalign_core.data.folder import list_folder
from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.formats import ARCHIVES, ARRAYS, OTHER_ARCHIVES, TABLES, table_ending
from mmalign_core.data.forms import Form, find_form
from mmalign_core.data.interactions import read_interactions
from mmalign_core.data.items import Likes, add_form, add_items
from mmalign_core.data.manifest import add_manifest
from mmalign_core.data.mounts import mounted_as
from mmalign_core.data.names import shown
from mmalign_core.data.shards import shard_stem, tar_shards, unpack_into
from mmalign_core.data.tabular.row_columns import rows_as_columns
from mmalign_core.settings import Settings
from mmalign_core.store.places import check_allowed
from mmalign_core.types import BadInput, Collection, Progress, no_progress

ATTRIBUTION = ("ATTRIBUTION.txt", "ATTRIBUTION.md")
_LONGEST_ATTRIBUTION = 10_000
"""Bytes of an attribution that are read; our choice, for a text that people read on a page."""


def read_collection(
    data: str | Path,
    *,
    interactions: str | Path | None = None,
    roles: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Collection:
    """The collection at the path `data`. Media are not decoded.

    `data` is a folder, a manifest (.jsonl .json .csv .tsv .parquet, also gzipped), a data set (.arrow, or its folder),
    a Lance table, vectors (.npz .npy), an archive (.zip .tar .tar.gz .tgz), or a file or folder of a published form
    (`mmalign_core.data.forms`). A folder is read through its manifest or metadata, at the top or in sub-folders, else
    in its published form, else as WebDataset shards, else as the data set in it, else through tables that name its
    files, else by pairing the stems of its files. Interactions in the folder or beside the manifest are used unless
    `interactions` gives the path of others, and so is ATTRIBUTION.txt or .md. `roles`: column -> the role that a person
    gives it: a modality, its vector, id, metadata or none. What cannot be used is listed in `skipped`. Raises BadInput
    if nothing can be used, `data` cannot be read, or no table has a column of `roles`.
    """
    return read_into(Draft(settings or Settings(), roles), data, interactions, progress)


def read_into(draft: Draft, data: str | Path, interactions: str | Path | None, progress: Progress) -> Collection:
    """The collection at the path `data`, built in a new draft; see `read_collection`."""
    settings = draft.settings
    check_allowed(data, settings.data_roots)
    path = _existing(data)
    explicit = None if interactions is None else Path(os.path.expanduser(interactions))
    if path.is_dir():
        return read_folder(path, path.resolve().name, draft, explicit, progress)
    files = FolderFiles(path.parent, absolute=settings.data_roots is None)
    if form := find_form(files, [path.name]):
        return _read_form(form, path, files, draft, explicit, progress)
    if table_ending(path.name) or path.suffix.lower() in COLUMNAR:
        return _read_manifest(path, path.resolve().parent.name, draft, explicit, progress)
    if path.suffix.lower() in ARRAYS:
        return _read_arrays(path, draft, explicit, progress)
    if path.name.lower().endswith((*ARCHIVES, *OTHER_ARCHIVES)):
        return _read_archive(path, draft, explicit, progress)
    raise BadInput(
        f"'{shown(path.name)}' is not a collection; give a folder or one of {', '.join(TABLES + ARRAYS + ARCHIVES)}"
    )


def _existing(data: str | Path) -> Path:
    """The path, with ~ expanded. Raises BadInput if it is empty, does not exist, or is neither a file nor a folder."""
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
    """The collection in the folder `root`.

    `interactions`: the path of another interactions file than the folder's, or None; `trusted`: its manifest may name
    absolute paths; `first_dot`: stems end at the first dot, as in WebDataset. Raises as `read_collection` does.
    """
    files = FolderFiles(root, absolute=trusted and draft.settings.data_roots is None)
    files.use(*([name for name in ATTRIBUTION if (root / name).is_file()][:1]))
    if interactions is not None and interactions.resolve().is_relative_to(root.resolve()):
        files.use(interactions.resolve().relative_to(root.resolve()).as_posix())
    likes = add_items(files, name, draft, progress, first_dot=first_dot)
    if mount := mounted_as(root):
        draft.notes.append(
            f"'{shown(name)}' lies on a mounted store ({mount}), from which files are read as they are asked for"
        )
    return _finish(root, name, draft, interactions, progress, likes)


def _read_form(
    form: Form, path: Path, files: FolderFiles, draft: Draft, given: Path | None, progress: Progress
) -> Collection:
    """The collection in one file of a published form."""
    add_form(form, files, draft, progress, alone=True)
    return _finish(path.parent, path.name.split(".")[0], draft, given, progress, Likes(form.likes, form.users))


def _top_files(root: Path) -> dict[str, Path]:
    """Name -> path of the files directly in the folder, without links that lead out of it."""
    inside = root.resolve()
    return {p.name: p for p in sorted(root.iterdir()) if p.is_file() and p.resolve().is_relative_to(inside)}


def _read_arrays(path: Path, draft: Draft, interactions: Path | None, progress: Progress) -> Collection:
    """The collection of an .npy or .npz file and the ids or the manifest in its folder."""
    near = _top_files(path.parent)
    ids = {name: p for name, p in near.items() if p.stem.lower() == "ids"}
    arrays = find_arrays({path.name: path, **ids}, draft, progress)
    manifest = next((near[n] for e in TABLES for n in near if n.lower() == f"manifest{e}"), None)
    if manifest is not None and any(group.vectors and group.ids is None for group in arrays):
        return _read_manifest(manifest, path.stem, draft, interactions, progress, arrays=arrays)
    rows = attach_vectors(rows_as_columns([]), arrays, draft)
    draft.add(rows, partial(find_below, path.parent, absolute=draft.settings.data_roots is None), progress)
    return _finish(path.parent, path.stem, draft, interactions, progress)


def _read_manifest(
    path: Path,
    name: str,
    draft: Draft,
    interactions: Path | None,
    progress: Progress,
    *,
    trusted: bool = True,
    arrays: Sequence[ArrayGroup] = (),
) -> Collection:
    find = partial(find_below, path.parent, absolute=trusted and draft.settings.data_roots is None)
    add_manifest(draft, path, find, progress, arrays=arrays)
    return _finish(path.parent, name, draft, interactions, progress)


def _finish(
    root: Path,
    name: str,
    draft: Draft,
    interactions: Path | None,
    progress: Progress,
    likes: Likes | None = None,
    users: Path | None = None,
) -> Collection:
    """The draft as a collection, with the interactions, at `users` or else by name, and the attribution in `root`."""
    own = likes or Likes("".join(path.name for path in _tables_of_users(root)[:1]))
    frame = None
    if interactions is not None:
        frame = read_interactions(interactions, draft.usable_ids(), draft)
        if likes is not None and likes.name:
            draft.skip(likes.name, "", f"'{shown(likes.name)}' is not read, since another file was given", likes.name)
    elif own.name:
        place = users or root / own.name.split(", ")[0]
        frame = read_interactions(place, draft.usable_ids(), draft, own.name, own.table)
    collection = draft.finish(name, frame, read_attribution(root))
    progress(1.0, f"{len(collection.items):,} items read")
    return collection


def _tables_of_users(root: Path) -> list[Path]:
    """The tables called interactions in the folder, the one that is read first."""
    return [root / f"interactions{e}" for e in TABLES if (root / f"interactions{e}").is_file()]


def read_attribution(folder: Path) -> str:
    """The text of ATTRIBUTION.txt, or else of ATTRIBUTION.md, in the folder; '' if there is neither."""
    return attribution_text(next((path for name in ATTRIBUTION if (path := folder / name).is_file()), None))


def attribution_text(path: Path | None) -> str:
    """The stripped text of an attribution file, cut after 10,000 bytes; '' without a file."""
    return path.read_bytes()[:_LONGEST_ATTRIBUTION].decode("utf-8", "replace").strip() if path else ""


def _read_archive(path: Path, draft: Draft, interactions: Path | None, progress: Progress) -> Collection:
    root = unpack_into(draft, path, path.name, progress)
    is_tar = archive_kind(path, shown(path.name)) == "tar"
    name = path.name.split(".")[0] or path.name
    inner = {} if tar_shards(root) else _unpacked_inside(root, draft, progress)
    if inner:
        files = FolderFiles(None, listing=inner)
        files.use(*ATTRIBUTION)
        likes = add_items(files, name, draft, progress, first_dot=is_tar)
        own = inner[likes.name.split(", ")[0]] if likes.name else root
        return _finish(own.parent, name, draft, interactions, progress, likes, own)
    return read_folder(root, name, draft, interactions, progress, trusted=False, first_dot=is_tar)


def _unpacked_inside(root: Path, draft: Draft, progress: Progress) -> dict[str, Path]:
    """Relative name -> path of all files, where archives lie in an archive: theirs below a folder called as each is.

    {} without any; archives in these are not opened. Raises BadInput if one is damaged, or all are too large together.
    """
    names = [p for p in root.rglob("*") if p.name.lower().endswith(ARCHIVES)]
    if not names:
        return {}
    listing, size = list_folder(root, draft), 0
    for archive in [name for name in listing if name.lower().endswith(ARCHIVES)]:
        place = f"{PurePosixPath(archive).parent}/{shard_stem(PurePosixPath(archive).name)}".removeprefix("./")
        inside = list_folder(unpack_into(draft, listing.pop(archive), archive, progress), draft)
        size += sum(path.stat().st_size for path in inside.values())
        if size > draft.settings.max_archive_bytes:
            raise BadInput(f"the archives in '{shown(archive)}' and beside it are too large together; unpack them")
        listing |= {f"{place}/{name}": path for name, path in inside.items()}
    draft.notes.append(f"archives in the archive are unpacked too: {len(names):,}, such as '{shown(names[0].name)}'")
    return listing

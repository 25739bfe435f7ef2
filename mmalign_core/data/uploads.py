"""Uploads: a collection of uploaded media, vectors, archives, tables of items and interactions, in any mixture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath

from mmalign_core.data.arrays import ArrayGroup, attach_vectors, find_arrays
from mmalign_core.data.columnar import COLUMNAR, files_source, is_shard, read_source, table_columns
from mmalign_core.data.draft import Draft
from mmalign_core.data.files import Content, check_size, copy_content, find_listed, spool
from mmalign_core.data.folder import list_folder, rows_by_stem
from mmalign_core.data.formats import ARCHIVES, TABLES, modality_of
from mmalign_core.data.interactions import read_interactions
from mmalign_core.data.manifest import add_table, read_manifest
from mmalign_core.data.names import safe_name, shown
from mmalign_core.data.reader import ATTRIBUTION, attribution_text, read_collection
from mmalign_core.data.shards import unpack_into
from mmalign_core.data.tabular.tables import Table, read_table
from mmalign_core.settings import Settings
from mmalign_core.store.errors import make_folder, writing
from mmalign_core.store.parts import new_folder
from mmalign_core.types import BadInput, Collection, Progress, no_progress


def collect_uploads(
    files: Sequence[tuple[str, Content]],
    *,
    settings: Settings | None = None,
    name: str = "uploads",
    progress: Progress = no_progress,
) -> Collection:
    """The collection `name` of uploaded files, given as (file name, content).

    A single archive is read as `read_collection` reads it; of several files, archives are unpacked and their files join
    the others. A table with the columns user_id and item_id gives the interactions. Any other table is the manifest;
    its paths name uploads by relative path, or by file name where only one upload has it. Without a manifest, files
    pair by stem as in a folder. Contents are stored in settings.root / 'media'. What cannot be used is listed in
    `skipped`. Raises BadInput if nothing can be used.
    """
    settings = settings or Settings()
    if not files:
        raise BadInput("no files were uploaded; choose at least one text, picture, sound, archive or manifest")
    if len(files) == 1 and files[0][0].lower().endswith(ARCHIVES):
        with _on_disk(*files[0], settings) as path:
            return read_collection(path, settings=settings, progress=progress)
    draft = Draft(settings)
    listing = _listing(files, draft, progress)
    arrays = find_arrays(listing, draft, progress)
    taken = {file for group in arrays for file in group.files}
    listing = {n: path for n, path in listing.items() if n not in taken}
    manifest, likes, tables = _tables_by_role(listing, draft)
    media = {n: path for n, path in listing.items() if n not in tables}
    read = partial(_table, {n: listing[n] for n in manifest}, name, draft, progress) if manifest else None
    _add_items(draft, media, read, manifest[0] if len(manifest) == 1 else name, arrays, progress)
    frame = read_interactions(listing[likes], draft.usable_ids(), draft, likes) if likes else None
    collection = draft.finish(
        name, frame, attribution_text(next((path for n, path in listing.items() if n in ATTRIBUTION), None))
    )
    progress(1.0, f"{len(collection.items):,} items read")
    return collection


def _tables_by_role(listing: Mapping[str, Path], draft: Draft) -> tuple[list[str], str, set[str]]:
    """The names of the manifest or its shards, of the interactions ('' if none), and of all tables."""
    tables = [n for n in listing if n.lower().endswith(TABLES + COLUMNAR)]
    likes = [n for n in tables if _is_interactions(n, listing[n])]
    manifests = sorted(set(tables) - set(likes), key=lambda n: (not PurePosixPath(n).name.startswith("manifest"), n))
    manifest = manifests if all(n.lower().endswith(COLUMNAR) and is_shard(n) for n in manifests) else manifests[:1]
    for other in [*manifests[len(manifest) :], *likes[1:]]:
        draft.skip(other, "", f"'{shown(other)}' is not read: one manifest and one interactions file are enough", other)
    return manifest, "".join(likes[:1]), set(tables)


def _listing(files: Sequence[tuple[str, Content]], draft: Draft, progress: Progress) -> dict[str, Path]:
    """Relative name -> stored file of every upload and archive member. What cannot be stored is reported."""
    listing: dict[str, Path] = {}
    for number, (name, content) in enumerate(files):
        progress(number / len(files), f"receiving {shown(name)}")
        try:
            members = _archive_files(name, content, draft, progress) if name.lower().endswith(ARCHIVES) else None
            for relative, path in (members or _loose_file(name, content, draft.settings)).items():
                if listing.setdefault(relative, path) is not path:
                    draft.skip(relative, modality_of(relative) or "", f"'{shown(relative)}' was uploaded twice", name)
        except BadInput as error:
            draft.skip(name, modality_of(name) or "", error, shown(name))
    return listing


def _loose_file(name: str, content: Content, settings: Settings) -> dict[str, Path]:
    relative = safe_name(name)
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    check_size(size, f"'{shown(relative)}'", settings)
    return {relative: spool(content, PurePosixPath(relative).suffix, settings)}


def _archive_files(name: str, content: Content, draft: Draft, progress: Progress) -> dict[str, Path]:
    with _on_disk(name, content, draft.settings) as path:
        return list_folder(unpack_into(draft, path, name, progress), draft)


@contextmanager
def _on_disk(name: str, content: Content, settings: Settings) -> Iterator[Path]:
    """The content as a temporary file of its own name, which is deleted at the end of the block."""
    relative = PurePosixPath(safe_name(name)).name
    media = make_folder(settings.root / "media")
    with ExitStack() as stack:
        with writing(media):
            path = stack.enter_context(new_folder(media / "upload")) / relative
            with path.open("wb") as file:
                copy_content(content, file)
        yield path


def _is_interactions(name: str, path: Path) -> bool:
    if PurePosixPath(name).stem.lower() == "interactions":
        return True
    try:
        columns = table_columns(path, name) if name.lower().endswith(COLUMNAR) else read_table(path, name).columns
    except BadInput:
        return False
    return {"user_id", "item_id"} <= set(columns)


def _table(files: dict[str, Path], name: str, draft: Draft, progress: Progress) -> Table:
    """The table in the manifest, given as name -> path, or in its shards."""
    if len(files) > 1:
        return read_source(files_source(files, name), draft, progress)
    (only, path) = next(iter(files.items()))
    return read_manifest(draft, path, progress, only)


def _add_items(
    draft: Draft,
    media: dict[str, Path],
    read: Callable[[], Table] | None,
    name: str,
    arrays: Sequence[ArrayGroup],
    progress: Progress,
) -> None:
    """Add the rows of the manifest, and report the media that it does not name; without one, pair the media by stem.

    `media`: relative name -> path; `read` gives the manifest's table; `name`: what messages call it.
    """
    if read is None:
        rows = attach_vectors(rows_by_stem(media, draft), arrays, draft)
        draft.add(rows, lambda reference: find_listed(media, reference), progress)
        return
    named: set[Path] = set()

    def find(reference: str) -> Path:
        path = find_listed(media, reference)
        named.add(path)
        return path

    add_table(draft, read(), find, progress, name, arrays)
    for other, path in media.items():
        if path not in named and PurePosixPath(other).name not in ATTRIBUTION:
            reason = f"'{shown(other)}' is not named in '{shown(name)}'; add it there or upload it without the manifest"
            draft.skip(other, modality_of(other) or "", reason, other)

"""Items of a folder or of uploads: read through its tables, archives, arrays or pairs of files, whichever it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mmalign_core.data.arrays import attach_vectors, find_arrays, stacked_arrays
from mmalign_core.data.columnar import Source, files_source, folder_source, is_shard, read_source, source_folders
from mmalign_core.data.draft import Draft
from mmalign_core.data.folder import list_folder, rows_by_stem
from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.forms import Form, find_caption_lists, find_form
from mmalign_core.data.item_tables import read_item_tables
from mmalign_core.data.layout import TableFile, find_manifests, find_other_tables, leaves_texts_out
from mmalign_core.data.manifest import add_table
from mmalign_core.data.names import shown
from mmalign_core.data.shards import no_other_file, rows_of_shards, shard_stem, side_files, tar_shards, unpack_into
from mmalign_core.data.tabular.tables import Table
from mmalign_core.data.user_tables import find_user_tables
from mmalign_core.types import BadInput, Progress


@dataclass(frozen=True)
class Likes:
    """The table of interactions among the files: its name, and its content if it has been read; '' without one."""

    name: str = ""
    table: Table | None = None


def add_items(files: FolderFiles, name: str, draft: Draft, progress: Progress, *, first_dot: bool = False) -> Likes:
    """Add the items of the files to the draft, and report every file that is not used. Returns their interactions.

    Tables called manifest or metadata lead, then the forms of published data sets, archives of WebDataset, tables of
    data sets, and other tables that name files; without any, files pair by stem. `first_dot`: stems end at the first
    dot, as in WebDataset. Raises BadInput if a table or an archive cannot be read.
    """
    tables = find_manifests(files, draft)
    listed = find_caption_lists(files, [table.name for table in tables]) if tables else None
    if listed is not None or (tables and leaves_texts_out(tables, files, draft)):
        tables = ()
    form = listed if listed or tables else find_form(files, [n for n in files.names if n not in files.used])
    likes = [] if form is not None and form.users is not None else find_user_tables(files)
    files.use(*likes)
    for other in likes[1:]:
        draft.skip(other, "", f"'{shown(other)}' is not read, since '{shown(likes[0])}' is there too", other)
    if tables:
        _add_tables(tables, files, draft, progress)
    elif form is not None:
        add_form(form, files, draft, progress)
    else:
        _add_others(files, name, draft, progress, first_dot)
    return Likes(form.likes, form.users) if form is not None and form.users is not None else Likes("".join(likes[:1]))


def add_form(form: Form, files: FolderFiles, draft: Draft, progress: Progress, *, alone: bool = False) -> None:
    """Add the items of a form; `alone`: one file was given, not its folder. Raises BadInput if it has no items."""
    draft.notes.append(form.note)
    for name, why in form.broken:
        draft.skip(name, "", why, name)
    files.use(*form.used)
    if form.items is None:
        raise BadInput(
            f"'{shown(form.likes)}' is recognised as {form.words}, but holds interactions alone; put the file that "
            "names the items beside it, and give the folder"
        )
    arrays = [stacked_arrays(form.arrays, files.path, draft.settings)] if form.arrays else []
    add_table(draft, form.items, files.find, progress, form.table, arrays)
    if not alone:
        files.report_unused(draft, form.table)


def _add_others(files: FolderFiles, name: str, draft: Draft, progress: Progress, first_dot: bool) -> None:
    if files.root is not None and (shards := tar_shards(files.root)):
        return _add_shards(shards, files, draft, progress)
    source = _source(files, name)
    if source is not None:
        return _add_source(source, files, draft, progress)
    if tables := find_other_tables(files, draft):
        return _add_tables(tables, files, draft, progress)
    return _add_pairs(files, draft, progress, first_dot)


def _add_tables(tables: Sequence[TableFile], files: FolderFiles, draft: Draft, progress: Progress) -> None:
    """Add the items that tables name."""
    arrays = find_arrays(files.top, draft, progress)
    files.use(*(file for group in arrays for file in group.files))
    bare = any(group.vectors for group in arrays)
    if all(PurePosixPath(table.name).name.lower().startswith("metadata.") for table in tables):
        draft.notes.append(f"recognised as a folder of Hugging Face's form: items from '{shown(tables[0].name)}'")
    table = read_item_tables(tables, files, draft, progress, bare=bare)
    add_table(draft, table, files.find, progress, tables[0].name, arrays)
    files.report_unused(draft, tables[0].name)


def _add_shards(shards: Mapping[str, Path], files: FolderFiles, draft: Draft, progress: Progress) -> None:
    """Add the items in archives; tables and counts that img2dataset wrote beside them are told of."""
    unpacked = {shard: unpack_into(draft, path, shard, progress) for shard, path in shards.items()}
    files.use(*shards)
    for beside in side_files(files.names, map(shard_stem, shards)):
        files.use(beside)
        draft.skip(beside, "", f"'{shown(beside)}' describes the archive of its name, which is read", beside)
    made = "img2dataset wrote" if any(n.endswith("_stats.json") for n in files.used) else "WebDataset reads"
    draft.notes.append(f"recognised as archives such as {made}: {len(shards):,}, from '{next(iter(shards))}' on")
    draft.add(rows_of_shards(unpacked, draft), no_other_file, progress)
    files.report_unused(draft)


def _source(files: FolderFiles, name: str) -> Source | None:
    """The table of a data set in the folder, or the shards of one among the uploads."""
    if files.root is not None:
        return folder_source(files.root, name)
    shards = {n: files.path(n) for n in files.names if is_shard(n) and n.lower().endswith((".parquet", ".arrow"))}
    others = [n for n in files.names if n.lower().endswith(".arrow")]
    return files_source(shards or {others[0]: files.path(others[0])}, name) if shards or others else None


def _add_source(source: Source, files: FolderFiles, draft: Draft, progress: Progress) -> None:
    """Add the items of a data set."""
    table = read_source(source, draft, progress)
    whole = [] if files.root is None else source_folders(files.root)
    if whole:
        is_lance = (whole[0] / "_versions").is_dir()
        kind = "a Lance table" if is_lance else "a data set that Hugging Face datasets saved"
        draft.notes.append(f"recognised as {kind}: items from '{shown(source.name)}'")
    files.use_below(whole)
    files.use(*(part.name for part in source.parts))
    arrays = find_arrays(files.top, draft, progress)
    files.use(*(file for group in arrays for file in group.files))
    add_table(draft, table, files.find, progress, source.name, arrays)
    files.report_unused(draft, source.name)


def _add_pairs(files: FolderFiles, draft: Draft, progress: Progress, first_dot: bool) -> None:
    """Add the items of files that share a stem, and those of arrays with ids."""
    listing = {n: files.path(n) for n in files.names} if files.root is None else list_folder(files.root, draft)
    arrays = find_arrays(listing, draft, progress)
    used = files.used | {file for group in arrays for file in group.files}
    media = {file: path for file, path in listing.items() if file not in used}
    rows = attach_vectors(rows_by_stem(media, draft, first_dot=first_dot), arrays, draft)
    draft.add(rows, files.find, progress)

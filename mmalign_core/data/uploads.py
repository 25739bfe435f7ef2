"""Uploads: a collection of uploaded media, vectors, archives, tables of items and interactions, in any mixture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from mmalign_core.data.draft import Draft
from mmalign_core.data.files import Content, check_size, copy_content, spool
from mmalign_core.data.folder import list_folder
from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.formats import ARCHIVES, modality_of
from mmalign_core.data.interactions import read_interactions
from mmalign_core.data.items import add_items
from mmalign_core.data.names import is_about, safe_name, shown
from mmalign_core.data.reader import ATTRIBUTION, attribution_text, read_into
from mmalign_core.data.shards import shard_stem, unpack_into
from mmalign_core.settings import Settings
from mmalign_core.store.errors import make_folder, writing
from mmalign_core.store.parts import new_folder
from mmalign_core.types import BadInput, Collection, Progress, no_progress
from mmalign_core.wording import say


def collect_uploads(
    files: Sequence[tuple[str, Content]],
    *,
    settings: Settings | None = None,
    roles: Mapping[str, str] | None = None,
    name: str = "uploads",
    progress: Progress = no_progress,
) -> Collection:
    """The collection `name` of uploaded files, given as (file name, content).

    A single archive is read as `read_collection` reads it; of several files, archives are unpacked and their files join
    the others. A table with the columns user_id and item_id gives the interactions. The rest is read as a folder is; a
    table's paths name uploads by relative path, or by file name where only one upload has it. Contents are stored in
    settings.media. `roles`: column -> the role that a person gives it. What cannot be used is listed in `skipped`.
    Raises BadInput if nothing can be used.
    """
    return collect_into(Draft(settings or Settings(), roles), files, name, progress)


def collect_into(draft: Draft, files: Sequence[tuple[str, Content]], name: str, progress: Progress) -> Collection:
    """The collection `name` of uploaded files, built in a new draft; see `collect_uploads`."""
    if not files:
        raise BadInput("no files were uploaded; choose at least one text, picture, sound, archive or manifest")
    if len(files) == 1 and files[0][0].lower().endswith(ARCHIVES):
        with _on_disk(*files[0], draft.settings) as path:
            return read_into(draft, path, None, progress)
    listing = _listing(files, draft, progress)
    kept = FolderFiles(None, listing=listing)
    kept.use(*ATTRIBUTION)
    likes = add_items(kept, name, draft, progress)
    table = listing[likes.name.split(", ")[0]] if likes.name else None
    frame = read_interactions(table, draft.usable_ids(), draft, likes.name, likes.table) if table else None
    collection = draft.finish(
        name, frame, attribution_text(next((path for n, path in listing.items() if n in ATTRIBUTION), None))
    )
    progress(1.0, f"{len(collection.items):,} items read")
    return collection


def _listing(files: Sequence[tuple[str, Content]], draft: Draft, progress: Progress) -> dict[str, Path]:
    """Relative name -> stored file of every upload and archive member. What cannot be stored is reported."""
    loose: list[tuple[str, dict[str, Path]]] = []
    archives: list[tuple[str, dict[str, Path]]] = []
    for number, (name, content) in enumerate(files):
        progress(number / len(files), f"receiving {shown(name)}")
        try:
            if name.lower().endswith(ARCHIVES):
                archives.append((name, _archive_files(name, content, draft, progress)))
            else:
                loose.append((name, _loose_file(name, content, draft.settings)))
        except BadInput as error:
            draft.skip(name, modality_of(name) or "", error, shown(name))
    listing: dict[str, Path] = {}
    for name, members in (*loose, *_told_apart(archives)):
        for relative, path in members.items():
            if listing.setdefault(relative, path) is not path:
                draft.skip(
                    relative,
                    modality_of(relative) or "",
                    say("'{name}' was uploaded twice", name=shown(relative)),
                    name,
                )
    return listing


def _told_apart(archives: list[tuple[str, dict[str, Path]]]) -> list[tuple[str, dict[str, Path]]]:
    """The archives and their members, each under the name of its archive where two archives name items alike."""
    times = Counter(member for _, own in archives for member in own if not _is_readme(member))
    if max(times.values(), default=0) < 2 or len({shard_stem(name) for name, _ in archives}) < len(archives):
        return archives
    return [(name, {_below(shard_stem(name), member): path for member, path in own.items()}) for name, own in archives]


def _below(folder: str, member: str) -> str:
    return member if _is_readme(member) else f"{folder}/{member}"


def _is_readme(member: str) -> bool:
    return is_about(member) and modality_of(member) is not None


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
    media = make_folder(settings.media)
    with ExitStack() as stack:
        with writing(media):
            path = stack.enter_context(new_folder(media / "upload")) / relative
            with path.open("wb") as file:
                copy_content(content, file)
        yield path

"""Folders without a manifest: files that share a stem are one item (cat.jpg, cat.txt and cat.wav are 'cat')."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from mmalign_core.data.draft import Draft
from mmalign_core.data.file_pairs import join_whole_names, keys_hold_dots, pair_files
from mmalign_core.data.formats import modality_of
from mmalign_core.data.media.containers import holds_sound_alone
from mmalign_core.data.media.references import decode_text
from mmalign_core.data.names import SPLIT_WORDS, is_about, is_system_file, natural_key, safe_name, shown
from mmalign_core.data.tabular.column_names import usual_column
from mmalign_core.data.tabular.row_columns import Rows, rows_as_columns
from mmalign_core.data.tabular.rows import File, Row, named_values, row_from
from mmalign_core.data.unused_files import why_about, why_unused
from mmalign_core.data.walk import walk_folders
from mmalign_core.types import BadInput
from mmalign_core.wording import say

_NUMBERED = re.compile(r"(.+)\.(\d+)")
_MODALITY_FOLDERS = {
    "text": ("text", "texts", "txt", "caption", "captions"),
    "image": ("image", "images", "img", "imgs", "photo", "photos", "picture", "pictures"),
    "audio": ("audio", "audios", "sound", "sounds", "wav", "wavs"),
    "video": ("video", "videos"),
}
_MAX_JSON = 1 << 20
"""Bytes of a metadata file beside a medium; our choice, far above any that describes one item."""


def list_folder(root: Path, draft: Draft) -> dict[str, Path]:
    """Relative name -> path of every file below `root`, in natural order.

    Links to folders, links out of `root` and unusable names are reported in the draft. Hidden files and files of
    operating systems are left out.
    """
    listing: dict[str, Path] = {}
    real_root = root.resolve()

    def tell(folder: str, error: OSError) -> None:
        relative = Path(folder).relative_to(root).as_posix()
        draft.skip(relative, "", f"the folder '{shown(relative)}' cannot be listed ({error.strerror})", shown(relative))

    for folder, folders, files in walk_folders(root, tell):
        for name in sorted(folders + files, key=natural_key):
            path = Path(folder) / name
            relative = path.relative_to(root).as_posix()
            if is_system_file(relative) or (name in folders and not os.path.islink(path)):
                continue
            try:
                listing[_safe_relative(relative, path, real_root)] = path
            except BadInput as error:
                draft.skip(relative, modality_of(name) or "", error, relative)
        folders[:] = [f for f in folders if not is_system_file(f)]
    return dict(sorted(listing.items(), key=lambda pair: natural_key(pair[0])))


def rows_by_stem(listing: Mapping[str, Path], draft: Draft, *, first_dot: bool = False) -> Rows:
    """One row for each stem among the files of `listing` (relative name -> path), in natural order.

    The stem includes the folder: birds/robin.jpg has the stem 'birds/robin'. If every medium lies in a top folder named
    after its modality (images/cat.jpg, texts/cat.txt), the stem leaves that folder out. `cat.2.jpg` is another picture
    of 'cat' if a file 'cat.<extension>' exists, else an item of its own. A text file is one text. `cat.json` gives
    metadata, more texts or `*_vector` lists and `cat.cls` gives the class, as in WebDataset. `first_dot`: stems end at
    the first dot, as in WebDataset. Files that cannot be used are reported in the draft.
    """
    groups = _cases_joined(_group(listing, first_dot, draft), listing, draft)
    rows = [_row(stem, names, listing, draft) for stem, names in groups.items()]
    kept = [_with_split(row) for row in rows if row is not None]
    return rows_as_columns(_with_labels(kept))


def _with_split(row: Row) -> Row:
    """The row with its split as metadata, where its top folder is named after one: train/cat."""
    top = row.source.split("/", 1)[0]
    if top == row.source or top.lower() not in SPLIT_WORDS or "split" in row.metadata:
        return row
    return replace(row, metadata={**row.metadata, "split": top})


def _with_labels(rows: list[Row]) -> list[Row]:
    """The rows with the folder of each as its label, where all media are of one modality and lie in class folders.

    So lie data sets that Hugging Face and PyTorch call ImageFolder: cat/1.jpg, dog/2.jpg, or train/cat/1.jpg.
    """
    places = [PurePosixPath(row.source).parent.parts for row in rows]
    classes = [parts[1:] if parts and parts[0].lower() in SPLIT_WORDS else parts for parts in places]
    alike = len({modality for row in rows for modality in row.cells}) == 1 and "text" not in rows[0].cells
    if not alike or len(set(classes)) < 2 or any(len(own) != 1 for own in classes):
        return rows
    if any("label" in row.metadata for row in rows):
        return rows
    return [replace(row, metadata={**row.metadata, "label": own[0]}) for row, own in zip(rows, classes)]


def _safe_relative(relative: str, path: Path, real_root: Path) -> str:
    if path.is_symlink():
        if not _target(path, relative).is_relative_to(real_root):
            raise BadInput(f"'{shown(relative)}' is a link that leaves the folder; put the file itself there")
        if path.is_dir():
            raise BadInput(f"'{shown(relative)}' is a link to a folder, which is not followed")
    return safe_name(relative)


def _target(link: Path, relative: str) -> Path:
    """The path that a link leads to. Python before 3.13 raises RuntimeError for a link to itself."""
    try:
        return link.resolve()
    except (RuntimeError, OSError) as error:
        raise BadInput(f"'{shown(relative)}' is a link that leads nowhere; put the file itself there") from error


def _group(listing: Mapping[str, Path], first_dot: bool, draft: Draft) -> dict[str, list[str]]:
    """Stem -> names, stems in natural order. Names without a number come first: 'cat.jpg' before 'cat.2.jpg'."""
    shelves = _shelves(listing)
    stems = {name: _stem(_off_shelf(name, shelves), first_dot) for name in listing}
    if first_dot and keys_hold_dots(stems):
        stems = {name: _stem(_off_shelf(name, shelves), False) for name in listing}
    stems, said = (join_whole_names(stems), "") if first_dot else pair_files(join_whole_names(stems))
    draft.notes += [said] if said else []
    plain = set(stems.values())
    groups: dict[str, list[str]] = {}
    for name, stem in stems.items():
        numbered = _NUMBERED.fullmatch(stem)
        groups.setdefault(numbered[1] if numbered and numbered[1] in plain else stem, []).append(name)
    return {stem: sorted(groups[stem], key=lambda n: stems[n] != stem) for stem in sorted(groups, key=natural_key)}


def _cases_joined(groups: dict[str, list[str]], listing: Mapping[str, Path], draft: Draft) -> dict[str, list[str]]:
    """The groups, where two whose stems differ in case alone are one if they hold no modality twice."""
    by_case: dict[str, list[str]] = {}
    for stem in groups:
        by_case.setdefault(stem.casefold(), []).append(stem)
    joined = dict(groups)
    pairs: list[str] = []
    for stems in (found for found in by_case.values() if len(found) > 1):
        kinds = [_modality(name, listing[name]) for stem in stems for name in groups[stem]]
        if None not in kinds and len(set(kinds)) == len(kinds):
            joined[stems[0]] = [name for stem in stems for name in groups[stem]]
            pairs += [stem for stem in stems[1:] if joined.pop(stem)]
    if pairs:
        draft.notes.append(f"names that differ in case alone are one item: {len(pairs):,}, such as '{shown(pairs[0])}'")
    return joined


def _shelves(listing: Mapping[str, Path]) -> dict[str, int]:
    """Name -> the place in its path of the folder that is named after its modality, for all media.

    {} unless the media are of two modalities or more and each lies in such a folder, at the top or in a split:
    images/cat.jpg, train/images/cat.jpg.
    """
    media = {n: _modality(n, path) or "" for n, path in listing.items() if modality_of(n) and not is_about(n)}
    found = {name: place for name, kind in media.items() if (place := _shelf(name, kind)) is not None}
    return found if len(set(media.values())) > 1 and len(found) == len(media) else {}


def _shelf(name: str, modality: str) -> int | None:
    folders = [part.lower() for part in name.split("/")[:-1]]
    depth = 1 + (len(folders) > 1 and folders[0] in SPLIT_WORDS)
    return next((n for n, part in enumerate(folders[:depth]) if part in _MODALITY_FOLDERS[modality]), None)


def _off_shelf(name: str, shelves: Mapping[str, int]) -> str:
    """The name without the folder that says its modality; of other files without the top folder where media do so."""
    parts = name.split("/")
    place = shelves.get(name, 0 if shelves and len(parts) > 1 and parts[0].lower() not in SPLIT_WORDS else None)
    return name if place is None else "/".join(part for n, part in enumerate(parts) if n != place)


def _modality(name: str, path: Path) -> str | None:
    """The modality by extension. A .gif is a video in a top folder for videos and a picture elsewhere.

    A file under a video's ending that holds a sound alone, as browsers record it, is a sound.
    """
    moving = (
        name.lower().endswith(".gif") and "/" in name and name.split("/", 1)[0].lower() in _MODALITY_FOLDERS["video"]
    )
    if moving:
        return "video"
    modality = modality_of(name)
    return "audio" if modality == "video" and holds_sound_alone(path) else modality


def _stem(name: str, first_dot: bool) -> str:
    path = PurePosixPath(name)
    stem = path.name.split(".", 1)[0] if first_dot else path.stem
    return (path.parent / (stem.strip() or path.name.strip())).as_posix()


def _row(stem: str, names: list[str], listing: Mapping[str, Path], draft: Draft) -> Row | None:
    """The row of the files of one stem; None if none of them is a medium. Unusable files are reported."""
    cells: dict[str, list[Any]] = {}
    side: dict[str, Any] = {}
    media = [name for name in names if modality_of(name)]
    for name in names:
        modality, extension = _modality(name, listing[name]), PurePosixPath(name).suffix.lower()
        if is_about(name) and len(media) < 2:
            draft.skip(stem, modality or "", why_about(name), name)
        elif modality:
            cells.setdefault(modality, []).append(File(name, listing[name]))
        elif extension in (".json", ".cls") and media:
            _try_side(side, stem, name, listing[name], draft)
        else:
            draft.skip(stem, "", why_unused(name), name)
    if not cells:
        return None
    return _combined(stem, cells, side, draft)


def _combined(stem: str, cells: dict[str, list[Any]], side: dict[str, Any], draft: Draft) -> Row | None:
    """The row of media files, `cells`, and metadata files, `side`; None if the id cannot be used, which is reported."""
    caption = None if "text" in {*cells, *side} else usual_column("text", (n for n, v in side.items() if _is_text(v)))
    side = side if caption is None else {**side, "text": side[caption]}
    try:
        row = row_from(side, stem, fallback_id=stem)
    except BadInput as error:
        draft.skip(stem, "", error, stem)
        return None
    merged = {m: [*cells.get(m, []), *row.cells.get(m, [])] for m in (*cells, *row.cells)}
    return Row(row.id, merged, row.metadata, row.vectors, stem)


def _is_text(value: Any) -> bool:
    """Whether a value in a metadata file is a text or a list of texts, and no number written as one."""
    entries = value if isinstance(value, list) else [value]
    return bool(entries) and all(isinstance(one, str) and not one.strip().isdigit() for one in entries)


def _try_side(side: dict[str, Any], stem: str, name: str, path: Path, draft: Draft) -> None:
    """Add the values of a .json or .cls file to `side`, or report why it cannot be used."""
    try:
        if path.stat().st_size > _MAX_JSON:
            raise BadInput(f"'{shown(name)}' is too large for metadata (more than {_MAX_JSON:,} bytes); shorten it")
        text = decode_text(path.read_bytes(), f"'{shown(name)}'")
        values = {"cls": text.strip()} if name.lower().endswith(".cls") else json.loads(text)
        if not isinstance(values, dict):
            raise BadInput(f"'{shown(name)}' is not a JSON object; write metadata as one object in braces")
        side.update(named_values(values))
    except BadInput as error:
        draft.skip(stem, "metadata", error, name)
    except (ValueError, RecursionError, OSError):
        why = say("'{name}' is not JSON; write metadata as one object in braces", name=shown(name))
        draft.skip(stem, "metadata", why, name)

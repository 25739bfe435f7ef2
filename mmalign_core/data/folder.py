"""Reading files that belong together by their names: cat.jpg, cat.txt and cat.wav are one item, 'cat'."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mmalign_core.data.draft import Draft
from mmalign_core.data.formats import modality_of
from mmalign_core.data.media.texts import decode_text
from mmalign_core.data.names import is_system_file, natural_key, safe_name, shown
from mmalign_core.data.tabular.rows import File, Row, named_values, row_from
from mmalign_core.types import BadInput

_NUMBERED = re.compile(r"(.+)\.(\d+)")
_ABOUT = ("readme", "license", "licence", "copying", "source", "sources", "attribution", "manifest", "interactions")
_SHELVES = {
    "text": ("text", "texts", "txt", "caption", "captions"),
    "image": ("image", "images", "img", "imgs", "photo", "photos", "picture", "pictures"),
    "audio": ("audio", "audios", "sound", "sounds", "wav", "wavs"),
    "video": ("video", "videos"),
}
_MAX_JSON = 1 << 20


def list_folder(root: Path, draft: Draft) -> dict[str, Path]:
    """Relative name -> path of every file below `root`, in natural order; links that lead out are reported.

    Links to folders are never followed, files that operating systems leave behind are passed over.
    """
    listing: dict[str, Path] = {}
    real_root = root.resolve()
    for folder, folders, files in os.walk(root):
        for name in sorted(folders + files, key=natural_key):
            path = Path(folder) / name
            relative = path.relative_to(root).as_posix()
            if is_system_file(relative) or (name in folders and not path.is_symlink()):
                continue
            try:
                listing[_checked(relative, path, real_root)] = path
            except BadInput as error:
                draft.skip(relative, modality_of(name) or "", error, relative)
        folders[:] = [f for f in folders if not is_system_file(f)]
    return dict(sorted(listing.items(), key=lambda pair: natural_key(pair[0])))


def rows_by_stem(listing: Mapping[str, Path], draft: Draft, *, first_dot: bool = False) -> list[Row]:
    """One row for each stem, which includes the folder: 'birds/robin' for birds/robin.jpg.

    `cat.2.jpg` is a further picture of 'cat' where any file is called 'cat.<extension>', else an item of its own.
    Where every medium lies in a top folder named after its modality (images/cat.jpg, texts/cat.txt), that folder is no
    part of the stem. A text file is one text. `cat.json` gives the item's metadata, further `text` captions or
    `*_vector` lists (as in WebDataset), `cat.cls` its class. `first_dot`: the stem ends at the first dot, as in
    WebDataset archives.
    """
    groups = _group(listing, first_dot)
    rows = [_row(stem, names, listing, draft) for stem, names in groups.items()]
    return [row for row in rows if row is not None]


def _checked(relative: str, path: Path, real_root: Path) -> str:
    if path.is_symlink():
        if not _target(path, relative).is_relative_to(real_root):
            raise BadInput(f"'{shown(relative)}' is a link that leaves the folder; put the file itself there")
        if path.is_dir():
            raise BadInput(f"'{shown(relative)}' is a link to a folder, which is not followed")
    return safe_name(relative)


def _target(link: Path, relative: str) -> Path:
    """Where a link leads; before Python 3.13 pathlib raises RuntimeError for one that leads to itself."""
    try:
        return link.resolve()
    except (RuntimeError, OSError) as error:
        raise BadInput(f"'{shown(relative)}' is a link that leads nowhere; put the file itself there") from error


def _group(listing: Mapping[str, Path], first_dot: bool) -> dict[str, list[str]]:
    """Stem -> names, both in natural order; 'cat.jpg' comes before 'cat.2.jpg'."""
    shelved = _is_shelved(listing)
    stems = {name: _stem(name.split("/", 1)[1] if shelved and "/" in name else name, first_dot) for name in listing}
    plain = set(stems.values())
    groups: dict[str, list[str]] = {}
    for name, stem in stems.items():
        numbered = _NUMBERED.fullmatch(stem)
        groups.setdefault(numbered[1] if numbered and numbered[1] in plain else stem, []).append(name)
    return {stem: sorted(groups[stem], key=lambda n: stems[n] != stem) for stem in sorted(groups, key=natural_key)}


def _is_shelved(listing: Mapping[str, Path]) -> bool:
    """Whether all media lie in top folders that name their modality, and these are of two modalities or more."""
    media = [name for name in listing if modality_of(name) and not is_about(name)]
    kinds = {_modality(name) for name in media}
    return len(kinds) > 1 and all(name.split("/", 1)[0].lower() in _SHELVES[_modality(name) or ""] for name in media)


def _modality(name: str) -> str | None:
    """By extension; a moving picture (.gif) is a video in a top folder for videos, and a picture anywhere else."""
    moving = name.lower().endswith(".gif") and "/" in name and name.split("/", 1)[0].lower() in _SHELVES["video"]
    return "video" if moving else modality_of(name)


def _stem(name: str, first_dot: bool) -> str:
    path = PurePosixPath(name)
    stem = path.name.split(".", 1)[0] if first_dot else path.stem
    return (path.parent / (stem.strip() or path.name.strip())).as_posix()


def _row(stem: str, names: list[str], listing: Mapping[str, Path], draft: Draft) -> Row | None:
    """The row of one stem's files; files that are of no use are reported."""
    cells: dict[str, list[Any]] = {}
    side: dict[str, Any] = {}
    media = [name for name in names if modality_of(name)]
    for name in names:
        modality, extension = _modality(name), PurePosixPath(name).suffix.lower()
        if is_about(name) and len(media) < 2:
            draft.skip(stem, modality or "", f"'{shown(name)}' describes the collection and is no item", name)
        elif modality:
            cells.setdefault(modality, []).append(File(name, listing[name]))
        elif extension in (".json", ".cls") and media:
            _try_side(side, stem, name, listing[name], draft)
        else:
            draft.skip(stem, "", _unsupported(name), name)
    if not cells:
        return None
    return _combined(stem, cells, side, draft)


def _combined(stem: str, cells: dict[str, list[Any]], side: dict[str, Any], draft: Draft) -> Row | None:
    """The row of the files, with what the .json beside them adds."""
    try:
        row = row_from(side, stem, fallback_id=stem)
    except BadInput as error:
        draft.skip(stem, "", error, stem)
        return None
    merged = {m: [*cells.get(m, []), *row.cells.get(m, [])] for m in (*cells, *row.cells)}
    return Row(row.id, merged, row.metadata, row.vectors, stem)


def _try_side(side: dict[str, Any], stem: str, name: str, path: Path, draft: Draft) -> None:
    """Read cat.json or cat.cls into `side`, or report it."""
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
        draft.skip(stem, "metadata", f"'{shown(name)}' is not JSON; write metadata as one object in braces", name)


def is_about(name: str) -> bool:
    """Whether a file of the top folder describes the collection (README, LICENSE, manifest and the like)."""
    return "/" not in name and PurePosixPath(name).stem.lower() in _ABOUT


def _unsupported(name: str) -> str:
    extension = PurePosixPath(name).suffix.lower()
    cures = {
        ".svg": "export it as PNG",
        ".heic": "save it as JPEG",
        ".json": "it stands beside no text, picture or sound of its name",
        ".csv": "call it manifest.csv to have it read as the manifest",
        ".jsonl": "call it manifest.jsonl to have it read as the manifest",
        ".parquet": "call it manifest.parquet to have it read as the manifest",
        ".npy": "vectors are read from image_vector.npy (or text_, audio_, video_) in the top folder, with ids.txt",
        ".npz": "vectors are read from an .npz in the top folder",
        ".arrow": "give it, or the folder that Hugging Face datasets saved, by itself",
        ".zip": "read the archive by itself",
        ".tar": "read the archive by itself",
    }
    cure = cures.get(extension, "convert it to text, a picture, a sound or a video")
    return f"'{shown(name)}' is of an unsupported kind; {cure}"

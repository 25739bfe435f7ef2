"""The demo collection: about 400 drawings and photographs with captions, synthetic sounds and simulated users."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from mmalign_core.data.demo.items import LANGUAGES, Item, attribution, demo_items
from mmalign_core.data.demo.media import picture_path, sound_path, write_media
from mmalign_core.data.demo.users import Interaction, simulated_interactions, write_interactions
from mmalign_core.store.errors import make_folder, writing
from mmalign_core.store.exchanges import rename_new
from mmalign_core.store.parts import new_folder, remove_parts
from mmalign_core.types import BadInput, Progress, no_progress

NAME = "MMAlign demo"
VERSION = "3"
"""Name and version in demo.json; a new version refuses to replace the folder of an old one."""


def write_demo(folder: str | Path, progress: Progress | None = None) -> Path:
    """Write the demo collection to `folder` and return the absolute path. Nothing is downloaded.

    The folder holds manifest.jsonl, images/, audio/, interactions.csv, ATTRIBUTION.md and demo.json. Every run writes
    the same files. They are written to a temporary folder beside it, which is renamed at the end: an interrupted run
    leaves nothing incomplete, and a killed one a hidden folder that the next run removes. A folder that holds this
    version already is not changed. A link is followed. Raises BadInput if `folder` holds anything else, is a file, or
    cannot be written.
    """
    target = Path(os.path.expanduser(folder)).absolute()
    target = Path(os.path.realpath(target)) if target.is_symlink() else target  # the place itself: a link stays
    if target.is_symlink():
        raise BadInput(f"{target} is a link that leads back to itself; name a new or an empty folder for the demo.")
    if _is_this_demo(target):
        return target
    _refuse_other_content(target)
    with writing(make_folder(target.parent)):
        remove_parts(target.parent)
        with new_folder(target) as work:
            _fill(work, demo_items(), progress or no_progress)
            _give_name(work, target)
    return target


def _give_name(work: Path, target: Path) -> None:
    """Let the new folder take its name; another process that wrote the same demo first is as good."""
    try:
        rename_new(work, target)
    except FileExistsError:
        if not _is_this_demo(target):
            raise


def _is_this_demo(folder: Path) -> bool:
    return _version(folder) == VERSION


def _version(folder: Path) -> str | None:
    """The version of the demo in `folder`; None if it holds no demo."""
    try:
        marker = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return marker.get("version") if isinstance(marker, dict) and marker.get("name") == NAME else None


def _refuse_other_content(folder: Path) -> None:
    if old := _version(folder):
        raise BadInput(f"{folder} holds version {old} of the demo, this is {VERSION}; remove it or name a new folder.")
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise BadInput(f"{folder} already holds something else; name a new or an empty folder for the demo.")


def _fill(folder: Path, items: Sequence[Item], progress: Progress) -> None:
    write_media(folder, items, progress)
    photographs_first = sorted(items, key=lambda item: item.kind, reverse=True)
    rows = [_manifest_row(item) for item in photographs_first]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "manifest.jsonl").write_text(lines, encoding="utf-8")
    (folder / "ATTRIBUTION.md").write_text(attribution(items), encoding="utf-8")
    write_interactions(folder / "interactions.csv", simulated_interactions(items))
    sounds = sum("audio" in row for row in rows)
    marker = {"name": NAME, "version": VERSION, "items": len(rows), "sounds": sounds, "users": "simulated"}
    (folder / "demo.json").write_text(json.dumps(marker, indent=1) + "\n", encoding="utf-8")
    progress(1.0, f"{len(rows)} items, {sounds} of them with sound")


def _manifest_row(item: Item) -> dict[str, str]:
    row = {"id": item.id, "text": item.caption, "image": picture_path(item)}
    if item.sound:
        row |= {"audio": sound_path(item), "audio_credit": "synthesised by MMAlign"}
    names = {f"name_{language}": item.names[language] for language in LANGUAGES}
    row |= {"kind": item.kind, "group": item.group} | names
    return row | {"credit": item.credit, "licence": item.licence, "users": "simulated"}


__all__ = ["VERSION", "Interaction", "Item", "demo_items", "simulated_interactions", "write_demo"]

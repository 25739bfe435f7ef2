"""COCO captions: one JSON with images and annotations (Chen et al. 2015), also in Karpathy's form with splits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.forms.base import Form, base_name, head_of, table_of_objects
from mmalign_core.data.tabular.json_lines import read_whole

_LARGEST = 64 << 20
"""Bytes of a JSON that is looked into whatever it is called; our choice: captions of a data set are called so."""
_YEAR = re.compile(r"(train|val|test)(\d{4})?")
_KEPT = ("width", "height", "license", "coco_url", "flickr_url", "date_captured")
"""What of an image is kept as metadata."""


def find_coco(files: FolderFiles, names: Sequence[str]) -> Form | None:
    """The images of every JSON of captions, each with all its captions; None if there is no such JSON."""
    read: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        if base_name(name).endswith(".json") and _may_be(files, name):
            lines = list(_lines(read_whole(files.path(name), f"'{name}'"), name, files))
            if lines:
                read[name] = lines
    if not read:
        return None
    lines = [line for own in read.values() for line in own]
    if len({line["id"] for line in lines}) < len(lines):
        lines = [line | {"id": f"{line['split']}/{line['id']}"} if line.get("split") else line for line in lines]
    return Form("COCO captions", table_of_objects(lines), ", ".join(read), used=tuple(read))


def _may_be(files: FolderFiles, name: str) -> bool:
    head = head_of(files, name)
    said = "caption" in base_name(name) or base_name(name).startswith("dataset")
    small = files.path(name).stat().st_size < _LARGEST
    return head.lstrip()[:1] == b"{" and (said or (small and any(w in head for w in (b'"images"', b'"annotations"'))))


def _lines(content: Any, name: str, files: FolderFiles) -> Iterator[dict[str, Any]]:
    if not isinstance(content, dict) or not isinstance(content.get("images"), list):
        return
    images = [image for image in content["images"] if isinstance(image, dict)]
    notes = content.get("annotations")
    texts = _texts_by_image(notes) if isinstance(notes, list) else {}
    for number, image in enumerate(images, 1):
        own = texts.get(image.get("id"), []) or _sentences(image)
        file = image.get("file_name") or image.get("filename")
        if texts or own:
            id = next((image[key] for key in ("id", "imgid", "cocoid") if image.get(key) is not None), number)
            yield _line(str(id), own, file, image, name, files)


def _line(
    id: str, texts: list[str], file: Any, image: Mapping[str, Any], name: str, files: FolderFiles
) -> dict[str, Any]:
    year = _YEAR.search(base_name(name))
    split = image.get("split") or (year[1] if year else None)
    folder = image.get("filepath") or (year[0] if year else "")
    there = files.below(str(folder), file) if isinstance(file, str) else None
    line = {"id": id, "text": texts, "image": there, "split": split}
    return line | {key: image[key] for key in _KEPT if image.get(key) is not None}


def _texts_by_image(notes: list[Any]) -> dict[Any, list[str]]:
    found: dict[Any, list[str]] = {}
    for note in notes:
        if (
            isinstance(note, dict)
            and isinstance(note.get("caption"), str)
            and isinstance(note.get("image_id"), int | str)
        ):
            found.setdefault(note["image_id"], []).append(note["caption"])
    return found


def _sentences(image: Mapping[str, Any]) -> list[str]:
    """The captions inside an image, as Karpathy's splits hold them."""
    said = image.get("sentences")
    return (
        [s["raw"] for s in said if isinstance(s, dict) and isinstance(s.get("raw"), str)]
        if isinstance(said, list)
        else []
    )

"""Flickr8k and Flickr30k: `name.jpg#0<tab>caption` in a token file, or a table with a row for each caption."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.forms.base import Form, base_name, grouped, head_of, table_of_objects
from mmalign_core.data.tabular.cells import as_list
from mmalign_core.data.tabular.csv_files import read_delimited
from mmalign_core.data.tabular.table_files import open_table

_TOKEN = re.compile(r"(.+\.(?:jpe?g|png|gif|webp))#(\d+)[\t ]+(.*)", re.IGNORECASE)
_ENDINGS = (".token", ".txt", ".csv", ".tsv")
_HEADERS = (("image_name", "comment_number", "comment"), ("image", "caption"), ("image_name", "caption"))
"""Columns of the tables in which both are shared: results.csv of Flickr30k, captions.txt of Flickr8k."""
_TABLES = ("captions.txt", "results.csv", "captions.csv")


def find_flickr(files: FolderFiles, names: Sequence[str]) -> Form | None:
    """The images of a token file or such a table, each with all its captions; None if there is none."""
    for name in names:
        if not base_name(name).endswith(_ENDINGS):
            continue
        first = head_of(files, name).decode("utf-8-sig", "replace").split("\n", 1)[0].strip()
        if _TOKEN.fullmatch(first):
            return _form(_token_lines(files, name), name)
        header = tuple(cell.strip().lower() for cell in re.split(r"[,|;\t]", first))
        if header in _HEADERS and (base_name(name) in _TABLES or header == _HEADERS[0]):
            return _form(_table_lines(files, name), name)
    return None


def _form(pairs: Iterator[tuple[str, str]], name: str) -> Form:
    found = grouped((file, {"text": text}) for file, text in pairs)
    lines = [{"id": PurePosixPath(file).stem, "image": file, "text": own["text"]} for file, own in found.items()]
    return Form("Flickr captions", table_of_objects(lines), name, used=(name,))


def _token_lines(files: FolderFiles, name: str) -> Iterator[tuple[str, str]]:
    with open_table(files.path(name)) as file:
        for raw in file:
            match = _TOKEN.fullmatch(raw.decode("utf-8-sig", "replace").strip())
            if match:
                yield match[1], match[3]


def _table_lines(files: FolderFiles, name: str) -> Iterator[tuple[str, str]]:
    _, cells, _, problems = read_delimited(files.path(name), f"'{name}'")
    columns = {column.strip().lower(): as_list(held) for column, held in cells.items()}
    file = columns.get("image_name") or columns["image"]
    text = columns.get("comment") or columns["caption"]
    for place, (image, words) in enumerate(zip(file, text)):
        if place not in problems and image and words:
            yield image.strip(), words.strip()

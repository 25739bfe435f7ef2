"""Captions of sounds: AudioCaps (Kim et al. 2019), keyed by YouTube, and Clotho (Drossos et al. 2020), five a sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.formats import modality_of
from mmalign_core.data.forms.base import Form, base_name, broken_lines, grouped, head_of, table_of_objects
from mmalign_core.data.layout import split_word
from mmalign_core.data.stem_columns import stems_of
from mmalign_core.data.tabular.tables import Table, read_table

_CAPS = {"youtube_id", "start_time", "caption"}
_CLOTHO = {"file_name", "caption_1", "caption_2"}
_SECONDS = 10
"""Seconds of every clip of AudioCaps, which names of its files end with."""


def find_audio_captions(files: FolderFiles, names: Sequence[str]) -> Form | None:
    """The sounds that every such table names, each with all its captions; None if there is no such table."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {"AudioCaps": [], "Clotho": []}
    used: list[str] = []
    broken: list[tuple[str, str]] = []
    for name in (n for n in names if base_name(n).endswith((".csv", ".tsv"))):
        header = {cell.strip().strip('"').lower() for cell in _first_line(files, name).replace("\t", ",").split(",")}
        words = "AudioCaps" if header >= _CAPS else "Clotho" if header >= _CLOTHO and _of_sounds(files, name) else ""
        if words:
            lines = _caps_lines if words == "AudioCaps" else _clotho_lines
            table = read_table(files.path(name), name)
            found[words] += lines(table, files, _split(name))
            broken += [(name, why) for why in broken_lines(table, name)]
            used.append(name)
    words = next((words for words, lines in found.items() if lines), "")
    if not words:
        return None
    items = table_of_objects({"id": id, **own} for id, own in grouped(found[words]).items())
    return Form(words, items, ", ".join(used), used=tuple(used), broken=tuple(broken))


def _first_line(files: FolderFiles, name: str) -> str:
    return head_of(files, name).decode("utf-8-sig", "replace").split("\n", 1)[0]


def _of_sounds(files: FolderFiles, name: str) -> bool:
    """Whether the first file that the table names is a sound: tables of pictures have such columns too."""
    values = next(iter(read_table(files.path(name), name, most=1).lines)).values
    return any(modality_of(str(value).strip()) == "audio" for value in values.values())


def _split(name: str) -> str | None:
    return split_word(base_name(name).split(".")[0]) or None


def _caps_lines(table: Table, files: FolderFiles, split: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """One line for each caption. A file is named after the clip's key at YouTube, its start, or its number."""
    stems = stems_of(files)
    for line in table.lines:
        values = {column.lower(): value for column, value in line.values.items()}
        key = str(values.get("youtube_id") or "").strip()
        if line.problem or not key:
            continue
        file = next((stems[stem][0] for stem in _caps_stems(key, values) if stem in stems), f"{key}.wav")
        own = {"text": str(values.get("caption") or ""), "audio": file, "split": split}
        yield key, own | {"start_time": values.get("start_time")}


def _caps_stems(key: str, values: Mapping[str, Any]) -> Iterator[str]:
    start = str(values.get("start_time") or "").strip()
    yield from (key, f"Y{key}", f"{key}_{start}")
    if start.isdigit():
        yield from (f"{key}_{start}_{int(start) + _SECONDS}", f"Y{key}_{start}_{int(start) + _SECONDS}")
        yield f"{key}_{int(start) * 1000}_{(int(start) + _SECONDS) * 1000}"
    yield str(values.get("audiocap_id") or "")


def _clotho_lines(table: Table, files: FolderFiles, split: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    columns = [column for column in table.columns if column.lower().startswith("caption_")]
    name = next(column for column in table.columns if column.lower() == "file_name")
    for line in table.lines:
        file = str(line.values.get(name) or "").strip()
        if not line.problem and file:
            texts = [str(line.values[column]) for column in columns if line.values.get(column)]
            yield file.rsplit(".", 1)[0], {"text": texts, "audio": file, "split": split}

"""Lists of captions: lines that begin with the name or the stem of a picture, sound or video, and go on with its text.

So come LibriSpeech (`84-121-0001 WORDS`), LJ Speech (`LJ001-0001|words|words`), and many sets of captions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.formats import modality_of
from mmalign_core.data.forms.base import Form, base_name, grouped, head_of, table_of_objects
from mmalign_core.data.names import shown
from mmalign_core.data.stem_columns import stems_of
from mmalign_core.data.tabular.table_files import open_table

_ENDINGS = (".txt", ".lst", ".list", ".csv", ".tsv")
_LOOKED_AT = 20
"""Lines that are looked at; our choice, as of tables."""
_MOST = 10_000
"""Files that are looked at; our choice: LibriSpeech has 5,831 lists."""
_MARKS = re.compile(r"\t|\||,|;|\s+")


def find_caption_lists(files: FolderFiles, names: Sequence[str]) -> Form | None:
    """The media that such lists name, each with its texts; None if there is none, or media have texts of their stem."""
    stems = stems_of(files)
    texts = {PurePosixPath(name).stem for name in files.names if modality_of(name) == "text"}
    if not stems or len(texts & set(stems)) > 1:
        return None
    media = {PurePosixPath(name).name: name for held in stems.values() for name in held}
    own = [n for n in names if base_name(n).endswith(_ENDINGS) and PurePosixPath(n).stem not in stems][:_MOST]
    lists = [name for name in own if _is_list(files, name, stems, media)]
    if not lists:
        return None
    unknown: list[tuple[str, str]] = []
    pairs = ((key, line) for name in lists for key, line in _lines(files, name, stems, media, unknown))
    items = table_of_objects({"id": key, **held} for key, held in grouped(pairs).items())
    return Form("a list of captions by file", items, ", ".join(lists[:3]), used=tuple(lists), broken=tuple(unknown))


def _is_list(files: FolderFiles, name: str, stems: Mapping[str, Sequence[str]], media: Mapping[str, str]) -> bool:
    head = head_of(files, name).decode("utf-8-sig", "replace").splitlines()
    lines = [line for line in (head[:-1] or head) if line.strip()][:_LOOKED_AT]
    told = [_split(line, stems, media) for line in lines]
    plain = base_name(name).endswith((".csv", ".tsv"))
    if len(lines) < 2 or (plain and (told[0] is None or any("|" not in line for line in lines))):
        return False
    return 2 * sum(found is not None for found in told) > len(lines)


def _split(line: str, stems: Mapping[str, Sequence[str]], media: Mapping[str, str]) -> tuple[str, str] | None:
    """The file that a line names, and its text; None if it names none, or only by a number before a blank."""
    match = _MARKS.search(line.strip())
    if match is None:
        return None
    mark, first = match[0], PurePosixPath(line.strip()[: match.start()].split("#")[0].replace("\\", "/")).name
    rest = line.strip()[match.end() :].strip()
    text = next((part.strip() for part in reversed(rest.split("|")) if part.strip()), "") if mark == "|" else rest
    if first in media:
        file = media[first]
    elif len(stems.get(first, ())) == 1 and not (mark.isspace() and mark != "\t" and first.isdigit()):
        file = stems[first][0]
    else:
        return None
    return (file, text.strip('"')) if text else None


def _lines(
    files: FolderFiles,
    name: str,
    stems: Mapping[str, Sequence[str]],
    media: Mapping[str, str],
    unknown: list[tuple[str, str]],
) -> Iterator[tuple[str, dict[str, str]]]:
    """Each line as the item and what it says; those that name no file are added to `unknown`, unless the first does."""
    with open_table(files.path(name)) as file:
        for number, raw in enumerate(file, 1):
            line = raw.decode("utf-8-sig", "replace")
            found = _split(line, stems, media)
            if found is not None:
                path, text = found
                yield PurePosixPath(path).stem, {"text": text, str(modality_of(path)): path}
            elif line.strip() and number > 1:
                where = f"{shown(name)}, line {number}"
                unknown.append((name, f"{where} names no file that is here, or no text; correct it or add the file"))

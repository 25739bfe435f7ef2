"""Output of clip-retrieval: arrays in img_emb and text_emb, and the rows that they follow in metadata."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from mmalign_core.data.folder_files import FolderFiles
from mmalign_core.data.forms.base import Form
from mmalign_core.data.item_tables import joined_tables
from mmalign_core.data.names import natural_key
from mmalign_core.data.tabular.tables import read_table
from mmalign_core.types import BadInput

_FOLDERS = {"image": ("img_emb", "image_emb"), "text": ("text_emb", "txt_emb")}


def find_clip_retrieval(files: FolderFiles, names: Sequence[str]) -> Form | None:
    """The rows of all tables in metadata, with the arrays that follow them; None without such folders.

    Raises BadInput if there are arrays and no table.
    """
    arrays = {m: found for m, folders in _FOLDERS.items() if (found := _in_folder(names, folders, ".npy"))}
    if not arrays:
        return None
    tables = _in_folder(names, ("metadata",), ".parquet")
    if not tables:
        raise BadInput("img_emb and text_emb need the folder metadata beside them, whose rows they follow; copy it too")
    read = [read_table(files.path(name), name) for name in tables]
    whole = joined_tables(read, tables) if len(read) > 1 else read[0]
    used = (*tables, *(name for found in arrays.values() for name in found))
    return Form("output of clip-retrieval", whole, tables[0], used=used, arrays=arrays)


def _in_folder(names: Sequence[str], folders: Sequence[str], ending: str) -> list[str]:
    own = [n for n in names if PurePosixPath(n).parent.name in folders and n.endswith(ending)]
    return sorted(own, key=natural_key)

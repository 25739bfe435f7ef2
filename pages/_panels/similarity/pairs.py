"""Pairs of media side by side: labels and pictures along the heat map, the clicked cell, the judged pairs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import streamlit as st

from mmalign_core.plots import cut_text
from mmalign_core.types import EmbeddingSet
from mmalign_core.wording import tr
from mmalign_core.workflow import Run, SimilarityBlock, right_pair
from pages._components import errors, header
from pages._components.media import previews, row_media
from pages._components.numbers import fixed
from pages._panels.similarity.view import View
from pages._session import state

_PICTURED = 40
"""Most rows along an axis with pictures, as many as the heat map draws; making 400 unseen ones took seconds."""


def labels(run: Run, block: SimilarityBlock) -> tuple[list[str], list[str]]:
    """Return the labels of the rows and of the columns of the block."""
    return tuple(
        [row_media.row_label(run.collection, rows, row) for row in numbers]
        for rows, numbers in ((block.source, block.source_rows), (block.target, block.target_rows))
    )


def pictures(run: Run, block: SimilarityBlock, modality: str, rows: np.ndarray) -> list[str | None]:
    """Return small pictures to draw along an axis, [] if the modality has none."""
    if modality not in ("image", "video") or len(rows) > _PICTURED:
        return []
    held = block.source if block.source.modality == modality else block.target
    media = [row_media.medium_of(run.collection, held, int(row)) for row in rows]
    drawn = [m and row_media.still(m) for m in media]
    return [shown.uri if shown else None for shown in drawn]


def cell_in(block: SimilarityBlock, pair: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return (i, j) of a pair of rows in the block, or None if the block does not show it."""
    rows, columns = block.source_rows.tolist(), block.target_rows.tolist()
    if pair is None or pair[0] not in rows or pair[1] not in columns:
        return None
    return rows.index(pair[0]), columns.index(pair[1])


def first_cell(block: SimilarityBlock) -> tuple[int, int]:
    """Return (i, j) of the selected item, else of the first row, with its best candidate in the block."""
    item, owners = state.selected_item(), [block.source.ids[row] for row in block.source_rows]
    i = owners.index(item) if item in owners else 0
    return i, int(block.scores[i].argmax())


def menu_names(run: Run, block: SimilarityBlock) -> tuple[dict[int, str], dict[int, str]]:
    """Return row -> its name in a menu, for both sides. Equal names get the id of their item."""
    found = []
    for rows, numbers in ((block.source, block.source_rows), (block.target, block.target_rows)):
        named = {int(row): cut_text(row_media.row_label(run.collection, rows, int(row)), 60) for row in numbers}
        counts = Counter(named.values())
        found.append({r: name if counts[name] == 1 else f"{name} ({rows.ids[r]})" for r, name in named.items()})
    return found[0], found[1]


def show_cell(shown: View, block: SimilarityBlock, source_row: int, target_row: int) -> None:
    """Draw the pair in focus: score, rank, and both media large."""
    row = block.every.take(np.array([source_row]))
    scores = row.dense()[0]
    score = scores[target_row]
    rank = int((scores >= score - row.rounding[0]).sum())
    columns = st.columns(3)
    columns[0].metric(tr("score"), fixed(score, 3))
    columns[1].metric(
        tr("rank among all"),
        f"{rank:,} / {len(scores):,}",
        help=tr("Among all candidates of the space. Candidates with the same score count as ranked before it."),
    )
    columns[2].metric(tr("right answer"), tr("yes") if right_pair(block, source_row, target_row) else tr("no"))
    for rows, place in ((block.source, source_row), (block.target, target_row)):
        name = previews.title(shown.run.collection, rows.ids[place])
        text = "" if rows.modality == "text" else f" · {errors.plain(name)}"
        st.markdown(header.modality_word(rows.modality) + text)
        show_row(shown.run, rows, place)


def show_row(run: Run, rows: EmbeddingSet, row: int) -> None:
    """Draw the medium of this row large."""
    row_media.show_medium(row_media.medium_of(run.collection, rows, row), previews.title(run.collection, rows.ids[row]))

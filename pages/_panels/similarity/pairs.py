"""Pairs of media side by side: labels and pictures along the heat map, the clicked cell, the judged pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from mmalign_core.plots import MODALITY_COLOURS, cut_text
from mmalign_core.types import Collection, EmbeddingSet, Media
from mmalign_core.workflow import JudgedPair, Run, SimilarityBlock
from pages._components import errors, header
from pages._components.media import previews, videos
from pages._components.numbers import fixed
from pages._session import cache
from pages._session.thumbnails import Thumbnail, cover

_RIGHT, _WRONG = "#0B7A5C", "#B3412E"
"""Green and red that keep a contrast of 4.5 : 1 with white, as WCAG 2 asks for text."""


def labels(run: Run, block: SimilarityBlock) -> tuple[list[str], list[str]]:
    """Return the labels of the rows and of the columns of the block."""
    return tuple(
        [row_label(run.collection, rows, row) for row in numbers]
        for rows, numbers in ((block.source, block.source_rows), (block.target, block.target_rows))
    )


def row_label(collection: Collection, rows: EmbeddingSet, row: int) -> str:
    """Return the text of a text, or the item's title for other media."""
    medium = medium_of(collection, rows, row)
    return medium.text if medium and medium.text else previews.title(collection, rows.ids[row])


def small_picture(medium: Media | None, pixels: int = 64) -> Thumbnail | None:
    """Return the picture within pixels × pixels, a frame of the video or the waveform of the sound; None for a text."""
    if medium is None or medium.modality == "text":
        return None
    if medium.modality == "audio":
        return cache.waveform(medium.digest, MODALITY_COLOURS["audio"], medium.path or "")
    return _small(medium, pixels)


def medium_of(collection: Collection, rows: EmbeddingSet, row: int) -> Media | None:
    """Return the medium of this row, or None for vectors given ready-made."""
    held = previews.media(collection, rows.ids[row], rows.modality)
    return next((m for m in held if m.digest == rows.keys[row]), held[0] if held else None)


def pictures(run: Run, block: SimilarityBlock, modality: str, rows: np.ndarray) -> list[str | None]:
    """Return small pictures to draw along an axis, [] if the modality has none."""
    if modality not in ("image", "video"):
        return []
    held = block.source if block.source.modality == modality else block.target
    media = [medium_of(run.collection, held, int(row)) for row in rows]
    drawn = [m and _small(m) for m in media]
    return [shown.uri if shown else None for shown in drawn]


def _small(medium: Media, pixels: int = 64) -> Thumbnail | None:
    """Return the picture, or the representative frame of a video."""
    if medium.modality == "video":
        return cover(cache.film(medium.digest, medium.path or ""))
    return cache.thumbnail(medium.digest, pixels, medium.path or "")


def chosen_cell(block: SimilarityBlock, clicked: list[Any] | None, item: str | None) -> tuple[int, int]:
    """Return (i, j) of the clicked cell, else of the selected item if it is shown, else of the best pair."""
    m, n = block.scores.shape
    if clicked and int(clicked[0]) < m and int(clicked[1]) < n:
        return int(clicked[0]), int(clicked[1])
    owners = [block.source.ids[row] for row in block.source_rows]
    place = owners.index(item) if item in owners else int(np.diag(block.scores).argmax())
    return place, min(place, n - 1)


def show_cell(run: Run, block: SimilarityBlock, source: str, target: str, i: int, j: int) -> None:
    """Draw the clicked cell: score, rank, and both media large."""
    source_row, target_row = int(block.source_rows[i]), int(block.target_rows[j])
    row = block.every.take(np.array([source_row]))
    scores = row.dense()[0]
    score = scores[target_row]
    rank = int((scores >= score - row.rounding[0]).sum())
    columns = st.columns(3)
    columns[0].metric("score", fixed(score, 3))
    columns[1].metric(
        "rank", f"{rank:,} / {len(scores):,}", help="Candidates with the same score count as ranked before it."
    )
    columns[2].metric("right answer", "yes" if block.right[i, j] else "no")
    for rows, row, modality in ((block.source, source_row, source), (block.target, target_row, target)):
        name = previews.title(run.collection, rows.ids[row])
        st.markdown(header.modality_word(modality) + ("" if modality == "text" else f" · {errors.plain(name)}"))
        show_medium(medium_of(run.collection, rows, row), previews.title(run.collection, rows.ids[row]))


def card(run: Run, pair: JudgedPair, source: str, target: str) -> dict[str, Any]:
    """Return a judged pair as a card: the query, the first result, and the right answer if it is another."""
    space = run.result.space
    right = pair.right or (not pair.decided and pair.rank == 1)
    first = "chosen" if pair.decided else "undecided, best"
    tiles = [
        tile(run, space[source], pair.source_row, "query", MODALITY_COLOURS[source]),
        tile(run, space[target], pair.chosen_row, f"{first} · {fixed(pair.chosen_score)}", _RIGHT if right else _WRONG),
    ]
    if not right:
        tiles.append(tile(run, space[target], pair.right_row, f"right · {fixed(pair.right_score)}", _RIGHT))
    note = f"right answer ranked {pair.rank:,}" if not right else f"score {fixed(pair.chosen_score, 3)}"
    return {"id": pair.item, "title": previews.title(run.collection, pair.item), "note": note, "tiles": tiles}


def tile(run: Run, rows: EmbeddingSet, row: int, caption: str, colour: str) -> dict[str, Any]:
    """Return the medium of this row as a tile of a card."""
    medium = medium_of(run.collection, rows, row)
    shown = {"caption": caption, "colour": colour, "quote": cut_text(row_label(run.collection, rows, row), 110)}
    drawn = None
    if medium and rows.modality == "image":
        drawn = cache.thumbnail(medium.digest, 220, medium.path or "")
    elif medium and rows.modality == "video":
        drawn = cover(cache.film(medium.digest, medium.path or ""))
    elif medium and rows.modality == "audio":
        drawn = cache.waveform(medium.digest, MODALITY_COLOURS["audio"], medium.path or "")
    if drawn:
        shown |= {"image": drawn.uri, "look": drawn.look}
    return shown


def show_medium(medium: Media | None, alt: str) -> None:
    """Draw one medium large: a text as a quotation, a picture, a video or the player of a sound."""
    if medium is None:
        st.caption("The collection holds only its vector: there is no medium to show.")
    elif medium.modality == "text":
        st.markdown(f"> {errors.plain(cut_text(medium.text or '', 400))}")
    elif medium.modality == "image":
        previews.show_picture(medium, alt)
    elif medium.modality == "video":
        videos.show(medium, alt)
    else:
        previews.show_sound(medium, alt)

"""The medium behind a row of the shared space: its label, its small picture, its tile, itself large; a judged pair."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mmalign_core.plots import MODALITY_COLOURS, cut_text
from mmalign_core.types import Collection, EmbeddingSet, Media
from mmalign_core.wording import tr
from mmalign_core.workflow import Judgements, Run
from pages._components import errors
from pages._components.media import previews, videos
from pages._components.numbers import fixed
from pages._session import media_cache
from pages._session.thumbnails import Thumbnail, cover

_RIGHT, _WRONG = "#0B7A5C", "#B3412E"
"""Green and red that keep a contrast of 4.5 : 1 with white, as WCAG 2 asks for text."""


def row_label(collection: Collection, rows: EmbeddingSet, row: int) -> str:
    """Return the text of a text, or the item's title for other media."""
    medium = medium_of(collection, rows, row)
    return medium.text if medium and medium.text else previews.title(collection, rows.ids[row])


def small_picture(medium: Media | None, pixels: int = 64) -> Thumbnail | None:
    """Return the picture within pixels × pixels, a frame of the video or the waveform of the sound; None for a text."""
    if medium is None or medium.modality == "text":
        return None
    if medium.modality == "audio":
        return media_cache.waveform(medium.digest, MODALITY_COLOURS["audio"], medium.path or "")
    return still(medium, pixels)


def medium_of(collection: Collection, rows: EmbeddingSet, row: int) -> Media | None:
    """Return the medium of this row, or None for vectors given ready-made."""
    held = previews.media(collection, rows.ids[row], rows.modality)
    return next((m for m in held if m.digest == rows.keys[row]), held[0] if held else None)


def still(medium: Media, pixels: int = 64) -> Thumbnail | None:
    """Return the picture, or the representative frame of a video."""
    if medium.modality == "video":
        return cover(media_cache.film(medium.digest, medium.path or ""))
    return media_cache.thumbnail(medium.digest, pixels, medium.path or "")


def card(run: Run, judged: Judgements, row: int) -> dict[str, Any]:
    """Return a judged query as a card: the query, the chosen candidate, and the right answer if it is another."""
    hit, score = not judged.missed[row], float(judged.chosen_score[row])
    name = tr("chosen") if judged.decided[row] else tr("undecided, best")
    tiles = [tile(run, judged.queries, row, tr("query"), MODALITY_COLOURS[judged.direction[0]])]
    verdict = tr("right") if hit else tr("wrong")
    tiles.append(
        tile(run, judged.candidates, int(judged.chosen[row]), f"{name}, {verdict} · {fixed(score)}",
              _RIGHT if hit else _WRONG)
    )  # fmt: skip
    if not hit:
        words = tr("right answer · {score}", score=fixed(float(judged.right_score[row])))
        tiles.append(tile(run, judged.candidates, int(judged.right[row]), words, _RIGHT))
    note = (
        tr("score {value}", value=fixed(score, 3))
        if hit
        else tr("right answer ranked {rank:,}", rank=int(judged.rank[row]))
    )
    return {"id": str(row), "title": previews.title(run.collection, judged.queries.ids[row]), "note": note,
            "tiles": tiles}  # fmt: skip


def tile(run: Run, rows: EmbeddingSet, row: int, caption: str, colour: str) -> dict[str, Any]:
    """Return the medium of this row as a tile of a card."""
    medium = medium_of(run.collection, rows, row)
    shown = {"caption": caption, "colour": colour, "quote": cut_text(row_label(run.collection, rows, row), 110)}
    drawn = None
    if medium and rows.modality == "image":
        drawn = media_cache.thumbnail(medium.digest, 220, medium.path or "")
    elif medium and rows.modality == "video":
        drawn = cover(media_cache.film(medium.digest, medium.path or ""))
    elif medium and rows.modality == "audio":
        drawn = media_cache.waveform(medium.digest, MODALITY_COLOURS["audio"], medium.path or "")
    if drawn:
        shown |= {"image": drawn.uri, "look": drawn.look}
    return shown


def show_medium(medium: Media | None, alt: str) -> None:
    """Draw one medium large: a text as a quotation, a picture, a video or the player of a sound."""
    if medium is None:
        st.caption(tr("The collection holds only its vector: there is no medium to show."))
    elif medium.modality == "text":
        st.markdown(f"> {errors.plain(cut_text(medium.text or '', 400))}")
    elif medium.modality == "image":
        previews.show_picture(medium, alt)
    elif medium.modality == "video":
        videos.show(medium, alt)
    else:
        previews.show_sound(medium, alt)

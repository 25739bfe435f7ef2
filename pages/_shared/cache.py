"""The only place with st.cache_*: everything is keyed on digests or names and bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Collection, Media, Recommendation
from mmalign_core.workflow import (
    JudgedPair,
    Query,
    Run,
    SimilarityBlock,
    catalogue,
    judged_pairs,
    recommend,
    similarity_block,
)
from pages._shared.shelf import Shelf
from pages._shared.thumbnails import data_uri, waveform_uri


@st.cache_resource
def settings() -> Settings:
    """Where things are kept, read from the environment once."""
    return Settings()


@st.cache_resource
def store() -> Store:
    """The one store of this process."""
    return Store(settings().root)


@st.cache_resource
def shelf() -> Shelf:
    """Results of background work, shared by all sessions."""
    return Shelf({"collection": 8, "run": 8, "map": 16, "inspection": 8})


@st.cache_data(max_entries=8, show_spinner=False)
def rows_of(kind: str) -> list[dict[str, Any]]:
    """What can be chosen of that kind."""
    return catalogue(kind)


@st.cache_resource(max_entries=8, show_spinner=False)
def media_by_item(digest: str, _collection: Collection) -> Mapping[str, Mapping[str, Sequence[Media]]]:
    """item -> modality -> its media."""
    found: dict[str, dict[str, list[Media]]] = {item: {} for item in _collection.ids}
    for medium in _collection.media:
        found[medium.item].setdefault(medium.modality, []).append(medium)
    return found


@st.cache_resource(max_entries=8, show_spinner=False)
def searched_text(digest: str, _collection: Collection) -> dict[str, str]:
    """item -> everything written about it (id, metadata, texts), case folded."""
    held = media_by_item(digest, _collection)
    frame = _collection.items.astype(str)
    rows = {str(item): " ".join(values) for item, values in zip(frame.index, frame.to_numpy())}
    texts = {item: " ".join(m.text or "" for m in media.get("text", ())) for item, media in held.items()}
    return {item: f"{item} {rows[item]} {texts[item]}".casefold() for item in held}


@st.cache_data(max_entries=6000, show_spinner=False)
def thumbnail(digest: str, pixels: int, _path: str) -> tuple[str, bool] | None:
    """(data URI, whether it is a photograph rather than a drawing on white); None if it cannot be decoded."""
    return data_uri(_path, pixels)


@st.cache_data(max_entries=6000, show_spinner=False)
def waveform(digest: str, colour: str, _path: str) -> str | None:
    """The sound's waveform as a data URI; None if it cannot be decoded."""
    return waveform_uri(_path, colour)


@st.cache_resource(max_entries=64, show_spinner=False)
def block(run_key: str, source: str, target: str, limit: int, ordering: str, _run: Run) -> SimilarityBlock:
    """The shown part of the similarity matrix."""
    return similarity_block(_run, source, target, limit=limit, ordering=ordering)


@st.cache_resource(max_entries=32, show_spinner=False)
def judged(run_key: str, source: str, target: str, _run: Run) -> list[JudgedPair]:
    """Every pair with its rank, worst first."""
    return judged_pairs(_run, source, target)


@st.cache_resource(max_entries=256, show_spinner=False)
def recommended(
    run_key: str, query: tuple[str, str], weights: tuple[tuple[str, float], ...], k: int, _run: Run
) -> list[Recommendation]:
    """Top-k for a query given as (kind, value)."""
    kind, value = query
    return recommend(_run, Query(**{kind: value}), store=store(), k=k, weights=dict(weights), settings=settings())

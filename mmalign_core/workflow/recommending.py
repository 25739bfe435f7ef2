"""Use case: a query becomes a point in the shared space; the nearest items come back with their reasons."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.data.files import file_media, text_media
from mmalign_core.data.texts import clean_text
from mmalign_core.encoders import ENCODERS
from mmalign_core.recommend import RECOMMENDERS, PlacedItems, Signal, interactions_of, place_items, scale_weights, top
from mmalign_core.recommend import Query as Asked
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, EmbeddingSet, Media, Recommendation
from mmalign_core.workflow.aligning import Run
from mmalign_core.workflow.encoding import encode_set, encoder
from mmalign_core.workflow.preparing import prepared, text_encoder
from mmalign_core.workflow.sequencing import with_sequences


@dataclass(frozen=True)
class Query:
    """Exactly one of: a text, a picture's or a sound's file, an item of the run, a user of its interactions."""

    text: str | None = None
    image: str | None = None
    audio: str | None = None
    item: str | None = None
    user: str | None = None

    @property
    def kind(self) -> str:
        """Which one is given; BadInput if none or several are."""
        given = [name for name, value in vars(self).items() if value is not None]
        if len(given) != 1:
            raise BadInput("give exactly one of: a text, a picture, a sound, an item, a user")
        return given[0]

    @property
    def value(self) -> str:
        """What was given."""
        return str(getattr(self, self.kind))


def recommend(
    run: Run,
    query: Query,
    *,
    store: Store,
    k: int = 10,
    weights: Mapping[str, float] | None = None,
    recommender: str = "content",
    settings: Settings | None = None,
) -> list[Recommendation]:
    """The k items of the run that suit the query; the queried item and a user's history are left out."""
    if k < 1:
        raise BadInput(f"-k {k}: ask for at least 1 item")
    items = placed_items(run)
    scaled = scale_weights(weights, tuple(items.parts))
    model = RECOMMENDERS.create(recommender)
    asked = _asked(run, query, items, scaled, store, settings)
    table = run.collection.interactions
    model.fit(items, None if table is None else interactions_of(table, items.ids))
    return top(model, items, asked, k, exclude=asked.history)


def placed_items(run: Run) -> PlacedItems:
    """Every item that has a place in the run's space."""
    placed = {item for rows in run.result.space.values() for item in rows.ids}
    return place_items(run.result.space, tuple(i for i in run.collection.ids if i in placed))


def place_query(run: Run, query: Query, *, store: Store, settings: Settings | None = None) -> EmbeddingSet:
    """One text, picture or sound as a row of the shared space; BadInput if this run cannot place its modality."""
    modality, settings = query.kind, settings or Settings()
    if modality not in run.result.space:
        raise BadInput(f"this run holds no {modality}; it can be asked by: {', '.join(run.result.space)}, item or user")
    source = run.encoders.get(modality, "")
    name = source.split("@")[0]
    if name not in ENCODERS.names():
        raise BadInput(f"this run's {modality} vectors were given ready-made ({source}); ask by item instead")
    media = [_medium(query, modality, settings)]
    embedded, _, failed = encode_set(encoder(name), media, store=store, settings=settings)
    if failed:
        raise BadInput(f"the {modality} query cannot be used: {failed[0].reason}")
    row = prepared(run.aligner, embedded, text_encoder(run.encoders), store)
    if run.aligner.needs_sequences:
        row = with_sequences(run.aligner.name, {modality: row}, media, store=store, settings=settings)[modality]
    return EmbeddingSet(modality, row.ids, row.keys, run.aligner.transform(row), run.aligner.name)


def as_json(query: Query, found: list[Recommendation]) -> dict[str, Any]:
    """What `recommend --json` prints."""
    items = [{**vars(r), "contributions": dict(r.contributions)} for r in found]
    return {"query": {query.kind: query.value}, "items": items}


def _asked(
    run: Run,
    query: Query,
    items: PlacedItems,
    weights: Mapping[str, float],
    store: Store,
    settings: Settings | None,
) -> Asked:
    """An item or a user is a history; a typed or uploaded query is one point for all modalities."""
    if query.kind in ("item", "user"):
        met = (query.value,) if query.kind == "item" else user_history(run, query.value)
        return Asked(history={items.row(item): 1.0 for item in met}, weights=weights)
    point = place_query(run, query, store=store, settings=settings).vectors[0]
    if not np.any(point):
        raise BadInput(f"the {query.kind} '{query.value[:80]}' has no place in the shared space; try another one")
    return Asked((Signal(query.kind, {m: point for m in items.parts}),), weights=weights)  # noqa: C420


def user_history(run: Run, user: str) -> tuple[str, ...]:
    """Items this user has met that lie in the space; BadInput if the user is unknown or has none."""
    table = run.collection.interactions
    if table is None:
        raise BadInput("this run has no interactions; give them with --interactions FILE (user_id,item_id)")
    rows = table[table["user_id"].astype(str) == user]
    if rows.empty:
        example = str(table["user_id"].iloc[0]) if len(table) else "none at all"
        raise BadInput(f"no user '{user}' in the interactions; one of them is '{example}'")
    placed = {item for s in run.result.space.values() for item in s.ids}
    history = tuple(dict.fromkeys(item for item in rows["item_id"].astype(str) if item in placed))
    if not history:
        raise BadInput(f"none of the {len(rows)} items of user '{user}' lies in this run's space")
    return history


def _medium(query: Query, modality: str, settings: Settings) -> Media:
    if modality == "text":
        return text_media("query", clean_text(query.value, "the text asked for", settings))
    return file_media("query", modality, Path(os.path.expanduser(query.value)), query.value, settings)

"""What recommenders are measured on: a collection's items with their places, and who met them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mmalign_core.recommend import Interactions, PlacedItems, interactions_of, place_items
from mmalign_core.types import BadInput, Collection, EmbeddingSet
from mmalign_core.workflow.evaluation.trials import Protocol, trial


def events_of(collection: Collection, protocol: Protocol | None = None) -> Interactions:
    """Who met the collection's items; BadInput where there is nobody, or nothing can be measured as `protocol` asks.

    It needs no vectors, so it says so before any are made.
    """
    if collection.interactions is None:
        raise BadInput(
            f"'{collection.name}' has no interactions; give them with --interactions FILE "
            "(user_id,item_id[,rating,timestamp])"
        )
    events = interactions_of(collection.interactions, collection.ids)
    if not len(events):
        raise BadInput(f"no interaction names an item of '{collection.name}'; its ids look like '{collection.ids[0]}'")
    if protocol is not None:
        trial(PlacedItems(collection.ids, {}), events, protocol)
    return events


def all_places(collection: Collection, space: Mapping[str, EmbeddingSet]) -> PlacedItems:
    """Every item of the collection, those without a place too: somebody may have met them.

    `space`: a run's shared space, or vectors as they were encoded. Each modality is centred, since what all its items
    have in common tells none of them apart; modalities may differ in width.
    """
    return place_items({m: _centred(rows) for m, rows in space.items()}, collection.ids)


def _centred(rows: EmbeddingSet) -> EmbeddingSet:
    vectors = rows.vectors - rows.vectors.mean(axis=0, dtype=np.float64)
    return EmbeddingSet(rows.modality, rows.ids, rows.keys, vectors, rows.encoder)

"""The choice between comparing all items and asking an index, and the index of a run's items, kept in the store."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from mmalign_core.recommend import RECOMMENDERS, Controls, Recommender
from mmalign_core.recommend.base import SumsOverPlaces
from mmalign_core.recommend.index_files import BEST, read_index, write_index
from mmalign_core.recommend.item_index import IndexedItems, Pool
from mmalign_core.splits import items_of
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Progress, Strings, digest_bytes, digest_json, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.run import Run

INDEXES = ("auto", "exact", "approximate")
"""How the items of an answer are found: by an index from INDEXED_FROM items on, by comparing all, or by an index."""
INDEXED_FROM = 2_000_000
"""Items from which an index is asked by default. Our choice: below, all are compared in about a tenth of a second for
each modality of 64 dimensions, and the index takes minutes to make."""
_AT_ONCE = 1 << 16
"""Ids written at a time; our choice."""


def check_index(index: str) -> str:
    """The choice itself. Raises BadInput with all choices if it is unknown."""
    if index not in INDEXES:
        raise BadInput(say("index: '{index}' is none of {indexes}", index=index, indexes=", ".join(INDEXES)))
    return index


def wants_index(model: Recommender, items: int, index: str) -> bool:
    """Whether the recommender is to ask an index. BadInput if that is asked for and it cannot."""
    if check_index(index) == "approximate" and not isinstance(model, SumsOverPlaces):
        able = ", ".join(n for n in RECOMMENDERS.names() if issubclass(RECOMMENDERS.get(n), SumsOverPlaces))
        raise BadInput(
            say("index: '{name}' compares all items; take exact, or one of: {able}", name=model.name, able=able)
        )
    return index == "approximate" or (index == "auto" and items >= INDEXED_FROM and isinstance(model, SumsOverPlaces))


def placed_ids(run: Run) -> Strings:
    """The ids of the items that have a place in the run's space, in the collection's order."""
    ids = run.collection.ids
    if any(rows.ids == ids for rows in run.result.space.values()):
        return ids
    return ids.take(np.flatnonzero(ids.among(items_of(run.result.space))))


def indexed_items(run: Run, store: Store | None, progress: Progress = no_progress) -> IndexedItems:
    """The items of the run with their index, from the store or made now. BadInput if it cannot be written."""
    if store is None:
        raise BadInput(say("an index of items is kept in a store; give one"))
    ids, space = placed_ids(run), run.result.space
    placed = sorted((modality, rows.digest) for modality, rows in space.items())
    texts = (json.dumps(ids[at : at + _AT_ONCE].tolist()).encode() for at in range(0, len(ids), _AT_ONCE))
    key = digest_bytes(digest_json(placed).encode(), *texts)
    folder = store.index_folder(key)
    found = read_index(folder, space, ids)
    if found is None:
        write_index(folder, space, ids, progress=progress)
        found = read_index(folder, space, ids)
    if found is None:
        raise BadInput(
            say("the index '{folder}' cannot be read; delete that folder, or take --index exact", folder=folder)
        )
    return found


def search_of(items: IndexedItems, pool: Pool | None, controls: Controls) -> dict[str, Any]:
    """How an answer was found among indexed items, for `--json`; its "words" say it to a person.

    `pool`: what `IndexedItems.pool` gave.
    """
    if pool is None:
        why = say("popularity changes every score") if controls.popularity else say("too many of the best are left out")
        return {
            "kind": "exact",
            "words": say("All {n:,} items were compared: {why}.", n=len(items.ids), why=why),
        }
    if pool.whole:
        return {
            "kind": "exact",
            "words": say("All {n:,} items that may be recommended were compared.", n=len(pool.rows)),
        }
    measured = say(
        "recall@{best} {recall:.2f} against comparing all, measured on {asked} of them",
        best=BEST,
        recall=items.recall,
        asked=items.asked,
    )
    words = say(
        "Found by an index of {n:,} items: {measured}; --index exact compares all.", n=len(items.ids), measured=measured
    )
    return {"kind": "approximate", f"recall_at_{BEST}": items.recall, "measured_on": items.asked, "words": words}

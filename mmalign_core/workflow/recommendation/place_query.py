"""From a query to its place in a run's space: items and users looked up, texts and files read and encoded."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from mmalign_core.data.names import shown
from mmalign_core.recommend import (
    RECOMMENDERS,
    PlacedItems,
    PlacedPart,
    PlacedQuery,
    QueryPart,
    QuerySpec,
    Recommender,
    scale_weights,
)
from mmalign_core.recommend.query_spec import MEDIA, WORDS, labels_of
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.recommendation.fitted import FittedRecommender
from mmalign_core.workflow.recommendation.query_media import read_medium, signal_of

_COMPARED, _LOOKED_AT = 5000, 200
"""Names, and letters of each, that an unknown name is compared with. Our choice: comparing more is slow."""


def place_query(
    run: Run, query: QuerySpec, known: FittedRecommender, *, store: Store, settings: Settings | None = None
) -> PlacedQuery:
    """The query as this recommender reads it. Whatever it cannot answer is refused before anything is encoded.

    A part that it does not read stays among the placed query's `parts`, empty, and its `notes` say so. BadInput names
    an item or user that is not there, a text or file that cannot be read, and who answers such a query instead.
    """
    notes: list[str] = []
    weights = scale_weights(query.weights, tuple(known.items.parts))
    met = _looked_up(run, query, known, notes)
    media = [part for part in query.parts if part.kind in MEDIA]
    if not known.model.reads_signals:
        if not any(placed.rows for placed in met.values()):
            raise BadInput(_refusal(known.model, query.parts))
        notes += _unread(known.model, media)
        media = []
    read = {part: read_medium(run, part, settings or Settings()) for part in media}
    placed = []
    for part, label in zip(query.parts, labels_of(query.parts)):
        if part in read:
            signal = signal_of(run, read[part], label, known.items, store=store, settings=settings)
            placed.append(PlacedPart(part, signal))
            notes.append(signal.note)
        else:
            placed.append(met.get(part, PlacedPart(part)))
    return PlacedQuery.of(placed, weights, known.interactions, tuple(filter(None, notes)))


def _looked_up(
    run: Run, query: QuerySpec, known: FittedRecommender, notes: list[str]
) -> Mapping[QueryPart, PlacedPart]:
    """The items of each part that names an item or a user.

    A user of whom nothing counts is a note where the query holds a text or file too, else BadInput.
    """
    alone = not any(part.kind in MEDIA for part in query.parts)
    found = {}
    for part in query.parts:
        if part.kind == "item":
            found[part] = PlacedPart(part, rows=(_item(run, part.value, known.items),))
        if part.kind == "user":
            try:
                found[part] = _of_user(run, part, known, notes)
            except BadInput as error:
                if alone:
                    raise
                notes.append(f"Answered without the user: {error}.")
                found[part] = PlacedPart(part)
    return found


def _of_user(run: Run, part: QueryPart, known: FittedRecommender, notes: list[str]) -> PlacedPart:
    """The items that the user met and rated high enough for the model, and the others; BadInput if there are none."""
    interactions, least = known.interactions, known.model.least_rating
    if interactions is None or part.value not in interactions.users:
        raise BadInput(_no_history(run, part.value))
    user = interactions.users.index(part.value)
    met, liked = interactions.history(user), interactions.liked(least).history(user)
    if not liked:
        raise BadInput(f"user '{shown(part.value)}' rated none of the {len(met)} items met {least:g} or more")
    disliked = tuple(row for row in met if row not in liked)
    if disliked:
        notes.append(f"{len(disliked)} of the {len(met)} items met are rated below {least:g} and do not count.")
    return PlacedPart(part, rows=tuple(liked), disliked=disliked)


def _no_history(run: Run, user: str) -> str:
    """Why nothing is known of this user."""
    table = run.collection.interactions
    if table is None:
        return "this run has no interactions; give them with --interactions FILE (user_id,item_id)"
    names = [str(name) for name in table["user_id"]]
    rows = names.count(user)
    if not rows:
        return f"no user '{shown(user)}' in the interactions; {nearest(user, list(dict.fromkeys(names)))}"
    return (
        f"none of the {rows} items of user '{shown(user)}' lies in this run's space; ask by a text, picture, sound or "
        "item"
    )


def _item(run: Run, item: str, items: PlacedItems) -> int:
    if item in items.rows:
        return items.rows[item]
    if item in run.collection.items.index:
        raise BadInput(f"item '{shown(item)}' has no place in this run's space; ask by its text or picture")
    raise BadInput(f"no item '{shown(item)}' in this run; {nearest(item, items.ids)}")


def nearest(name: str, names: Sequence[str]) -> str:
    """How many names there are and, of the first few thousand, the one most like this name."""
    near = difflib.get_close_matches(name[:_LOOKED_AT], names[:_COMPARED], n=1, cutoff=0.0)
    return f"of the {len(names):,} there, '{shown(near[0])}' is most like it" if near else "there are none at all"


def _refusal(model: Recommender, parts: Sequence[QueryPart]) -> str:
    able = ", ".join(n for n in RECOMMENDERS.names() if RECOMMENDERS.get(n).reads_signals)
    kinds = " and ".join(dict.fromkeys(WORDS[part.kind] for part in parts))
    return (
        f"'{model.name}' answers by what was met alone and cannot be asked by {kinds}; "
        f"ask by an item or a user, or take one of: {able}"
    )


def _unread(model: Recommender, media: Sequence[QueryPart]) -> list[str]:
    """A note on texts and files that this recommender does not read, if there are any."""
    kinds = " and ".join(dict.fromkeys(WORDS[part.kind].split()[-1] for part in media))
    return [f"'{model.name}' answers by what was met alone: the {kinds} asked with did not count."] if media else []

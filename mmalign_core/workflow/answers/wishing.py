"""From a query's wishes to what one recommender can be asked with: items resolved, media placed, refusals first."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from mmalign_core.data.names import shown
from mmalign_core.recommend import RECOMMENDERS, Interactions, PlacedItems, Recommender
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow.align.run import Run
from mmalign_core.workflow.answers.querying import (
    MEDIA,
    WORDS,
    PlacedWish,
    Query,
    Wish,
    check_placeable,
    labels_of,
    medium_of,
    signal_of,
)
from mmalign_core.workflow.answers.remarks import remark
from mmalign_core.workflow.encoded.encoding import encoder_of

_COMPARED, _LOOKED_AT = 5000, 200
"""Names and letters that a name nobody knows is compared with: more would take longer than a second."""


@dataclass(frozen=True)
class Asking:
    """`placed`: every wish, with nothing where the recommender does not read it; `user`: number of the one user asked
    for; `notes`: what was left out and why."""

    placed: tuple[PlacedWish, ...]
    user: int | None
    notes: tuple[str, ...]


def place_wishes(
    run: Run,
    query: Query,
    items: PlacedItems,
    interactions: Interactions | None,
    model: Recommender,
    *,
    store: Store,
    settings: Settings | None = None,
) -> Asking:
    """Look up items and users, refuse what cannot be answered, then place texts, pictures and sounds."""
    wishes, notes, found = query.all, [], {}
    read = [w for w in wishes if w.kind in MEDIA]
    for wish in (w for w in wishes if w.kind in ("item", "user")):
        found[wish] = _met(run, wish, items, interactions, model.least_rating, alone=not read, notes=notes)
    if not any(known.rows for known in found.values()) and not model.reads_signals:
        raise BadInput(_refusal(model, wishes))
    if read and not model.reads_signals:
        kinds = " and ".join(dict.fromkeys(WORDS[w.kind].split()[-1] for w in read))
        notes.append(f"'{model.name}' answers by what was met alone: the {kinds} asked with did not count.")
        read = []
    for wish in read:
        check_placeable(run, wish.kind)
        medium_of(wish, settings or Settings())
    placed = []
    for wish, label in zip(wishes, labels_of(wishes)):
        if wish in read:
            signal = signal_of(run, wish, label, items, store=store, settings=settings)
            placed.append(PlacedWish(wish, signal))
            notes.append(
                remark(encoder_of(check_placeable(run, wish.kind), wish.kind), medium_of(wish, settings or Settings()))
            )
        else:
            placed.append(found.get(wish, PlacedWish(wish)))
    return Asking(tuple(placed), user_of(placed, interactions), tuple(note for note in notes if note))


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


def _met(
    run: Run,
    wish: Wish,
    items: PlacedItems,
    interactions: Interactions | None,
    least: float,
    *,
    alone: bool,
    notes: list[str],
) -> PlacedWish:
    """The item, or the user's items; a user of whom none counts is a note where media are asked with too, else
    BadInput."""
    if wish.kind == "item":
        return PlacedWish(wish, rows=(_item(run, wish.value, items),))
    try:
        return _of_user(run, wish, interactions, least, notes)
    except BadInput as error:
        if alone:
            raise
        notes.append(f"Answered without the user: {error}.")
        return PlacedWish(wish)


def _of_user(run: Run, wish: Wish, interactions: Interactions | None, least: float, notes: list[str]) -> PlacedWish:
    """What the user met, parted by whether it is rated `least` or more; BadInput if nothing is left to ask with."""
    if interactions is None or wish.value not in interactions.users:
        raise BadInput(_no_history(run, wish.value))
    user = interactions.users.index(wish.value)
    met, liked = interactions.history(user), interactions.liked(least).history(user)
    if not liked:
        raise BadInput(f"user '{shown(wish.value)}' rated none of the {len(met)} items met {least:g} or more")
    disliked = tuple(row for row in met if row not in liked)
    if disliked:
        notes.append(f"{len(disliked)} of the {len(met)} items met are rated below {least:g} and do not count.")
    return PlacedWish(wish, rows=tuple(liked), disliked=disliked)


def _item(run: Run, item: str, items: PlacedItems) -> int:
    if item in items.rows:
        return items.rows[item]
    if item in run.collection.items.index:
        raise BadInput(f"item '{shown(item)}' has no place in this run's space; ask by its text or picture")
    raise BadInput(f"no item '{shown(item)}' in this run; {nearest(item, items.ids)}")


def nearest(name: str, names: Sequence[str]) -> str:
    """How many there are and, of the first few thousand, the one most like that name."""
    near = difflib.get_close_matches(name[:_LOOKED_AT], names[:_COMPARED], n=1, cutoff=0.0)
    return f"of the {len(names):,} there, '{shown(near[0])}' is most like it" if near else "there are none at all"


def _refusal(model: Recommender, wishes: tuple[Wish, ...]) -> str:
    able = ", ".join(n for n in RECOMMENDERS.names() if RECOMMENDERS.get(n).reads_signals)
    asked = " and ".join(dict.fromkeys(WORDS[w.kind] for w in wishes))
    return (
        f"'{model.name}' answers by what was met alone and cannot be asked by {asked}; "
        f"ask by an item or a user, or take one of: {able}"
    )


def excluded(placed: Sequence[PlacedWish], include_seen: bool = False) -> tuple[int, ...]:
    """Items asked with, for or against, and those that users asked for have met."""
    left = (p for p in placed if p.wish.kind == "item" or (p.wish.weight > 0 and not include_seen))
    return tuple(dict.fromkeys(row for p in left for row in (*p.rows, *p.disliked)))


def user_of(placed: Sequence[PlacedWish], interactions: Interactions | None) -> int | None:
    """The number of the user whose history this is, if it is one user's and nobody and nothing else's."""
    asked = [p.wish for p in placed if p.rows and p.wish.weight]
    if interactions is None or len(asked) != 1 or asked[0].kind != "user" or asked[0].weight < 0:
        return None
    return interactions.users.index(asked[0].value) if asked[0].value in interactions.users else None

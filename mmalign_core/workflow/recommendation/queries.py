"""Placing of queries in a run's space: lookup of items and users, and encoding of texts and files."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mmalign_core.data.interactions import why_none
from mmalign_core.data.media.references import file_media, text_media
from mmalign_core.data.names import shown
from mmalign_core.encoders import Encoder
from mmalign_core.encoders.batched.instances import encoder, encoder_of
from mmalign_core.recommend import (
    RECOMMENDERS,
    PlacedItems,
    PlacedPart,
    PlacedQuery,
    QueryPart,
    QuerySpec,
    Recommender,
    Signal,
    scale_weights,
)
from mmalign_core.recommend.query_spec import MEDIA, WORDS
from mmalign_core.settings import Settings
from mmalign_core.spaces import is_known, reference_of, text_modality, text_tower
from mmalign_core.store import Store
from mmalign_core.types import MODALITIES, BadInput, EmbeddingSet, Media
from mmalign_core.types.identity import find_id
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.inputs import place_media, text_encoder
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.recommendation.recommenders import FittedRecommender

_NAMES, _LETTERS = 5000, 200
"""Names, and letters of each, to which an unknown name is compared. Our choice: more are slow."""
_LEVELS = 8
"""Levels of 256 up to which a picture's colours count as one. Our choice."""
_SILENCE = 1e-4
"""Peak of a sound that counts as silence: -80 dB of full scale. Our choice."""


def place_query(
    run: Run, query: QuerySpec, known: FittedRecommender, *, store: Store, settings: Settings | None = None
) -> PlacedQuery:
    """Return the query placed for this recommender. Errors are raised before anything is encoded.

    A part that the recommender does not read stays in `parts`, empty, with a note in `notes`. BadInput for an item or
    user that does not exist, a text or file that cannot be read, or a query that the recommender cannot answer, with
    the names of those that can.
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
    settings = settings or Settings()
    encoders, words = _encoders(run, media), text_encoder(run.encoders)
    read = {part: _read_medium(part, settings) for part in media}
    placed = []
    for part, label in zip(query.parts, query.labels):
        if part in read:
            medium, made_by = read[part], encoders[part.kind]
            row = place_media(
                run.aligner, [medium], made_by, words, store=store, cache=store.session, settings=settings
            )
            signal = _signal(part, label, row.vectors[0], known.items)
            placed.append(PlacedPart(part, replace(signal, medium=medium, note=_note(medium, made_by))))
        else:
            placed.append(met.get(part, PlacedPart(part)))
    notes += [part.signal.note for part in placed if part.signal]
    return PlacedQuery.of(placed, weights, known.interactions, tuple(filter(None, notes)))


def _looked_up(
    run: Run, query: QuerySpec, known: FittedRecommender, notes: list[str]
) -> Mapping[QueryPart, PlacedPart]:
    """Return the items of each part that names an item or a user.

    A user without usable events becomes a note if the query also has a text or file, else BadInput.
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
                notes.append(say("Answered without the user: {error}.", error=error))
                found[part] = PlacedPart(part)
    return found


def _of_user(run: Run, part: QueryPart, known: FittedRecommender, notes: list[str]) -> PlacedPart:
    """Return the user's items, split by the model's least rating. BadInput if none is rated high enough."""
    interactions, least = known.interactions, known.model.least_rating
    name = None if interactions is None else find_id(part.value, interactions.users)
    if interactions is None or name is None:
        raise BadInput(_no_history(run, part.value))
    user = interactions.users.index(name)
    met, liked = interactions.history(user), interactions.liked(least).history(user)
    if not liked:
        raise BadInput(f"user '{shown(part.value)}' rated none of the {len(met)} items met {least:g} or more")
    disliked = tuple(row for row in met if row not in liked)
    if disliked:
        notes.append(
            say("{n} of the {met} items met are rated below {least:g} and do not count.",
                n=len(disliked), met=len(met), least=least)
        )  # fmt: skip
    return PlacedPart(part, rows=tuple(liked), disliked=disliked)


def _no_history(run: Run, user: str) -> str:
    """Return the reason why this user has no history."""
    table = run.collection.interactions
    if table is None:
        return "this run has no interactions; give them with --interactions FILE (user_id,item_id)"
    if table.empty and (why := why_none(run.collection)):
        return f"of this run's interactions {why}"
    names = [str(name) for name in table["user_id"]]
    rows = names.count(user)
    if not rows:
        return f"no user '{shown(user)}' in the interactions; {nearest(user, list(dict.fromkeys(names)))}"
    return (
        f"none of the {rows} items of user '{shown(user)}' lies in this run's space; give a text, picture, sound or "
        "item"
    )


def _item(run: Run, item: str, items: PlacedItems) -> int:
    if item in items.rows:
        return items.rows[item]
    found = find_id(item, items.ids)
    if found is not None:
        return items.rows[found]
    if find_id(item, run.collection.ids) is not None:
        raise BadInput(f"item '{shown(item)}' has no place in this run's space; give its text or picture")
    raise BadInput(f"no item '{shown(item)}' in this run; {nearest(item, items.ids)}")


def nearest(name: str, names: Sequence[str]) -> str:
    """Return the number of names and, of the first few thousand, the one most like this name, in words."""
    near = difflib.get_close_matches(name[:_LETTERS], names[:_NAMES], n=1, cutoff=0.0)
    return f"of the {len(names):,} there, '{shown(near[0])}' is most like it" if near else "there are none at all"


def _refusal(model: Recommender, parts: Sequence[QueryPart]) -> str:
    able = ", ".join(n for n in RECOMMENDERS.names() if RECOMMENDERS.get(n).reads_signals)
    kinds = " and ".join(dict.fromkeys(WORDS[part.kind] for part in parts))
    return (
        f"'{model.name}' reads only the history and cannot answer a query by {kinds}; "
        f"give an item or a user, or take one of: {able}"
    )


def _unread(model: Recommender, media: Sequence[QueryPart]) -> list[str]:
    """Return a note on texts and files that this recommender does not read, if there are any."""
    kinds = " and ".join(dict.fromkeys(WORDS[part.kind].split()[-1] for part in media))
    note = say("'{name}' reads only the history: the {kinds} of the query did not count.", name=model.name, kinds=kinds)
    return [note] if media else []


def place_part(run: Run, query: QuerySpec, *, store: Store, settings: Settings | None = None) -> EmbeddingSet:
    """Return a query of one text or file as one row of the shared space. BadInput for others, or if it has no place."""
    if len(query.parts) != 1:
        raise BadInput("place one text, picture, sound or video at a time")
    (made_by,) = _encoders(run, query.parts).values()
    medium, words = _read_medium(query.parts[0], settings or Settings()), text_encoder(run.encoders)
    return place_media(run.aligner, [medium], made_by, words, store=store, cache=store.session, settings=settings)


def queryable(run: Run) -> tuple[str, ...]:
    """Return modalities of texts and files that this run can place: of its encoders, and texts for its aligner.

    Given vectors have no encoder, so no new media can be placed among them.
    """
    known = {m for m in run.result.space if is_known(reference_of(run.encoders.get(m, "")))}
    if "text" not in run.result.space and run.aligner.needs_pivots:
        known.add("text")
    return tuple(m for m in MODALITIES if m in known)


def _encoders(run: Run, media: Sequence[QueryPart]) -> dict[str, Encoder]:
    """Return modality -> the encoder for such media. BadInput if the run lacks one, or a model has changed."""
    kinds, able = {part.kind for part in media}, queryable(run)
    for kind in kinds.difference(able):
        if kind in run.result.space:
            raise BadInput(f"this run's {kind} vectors were given ready-made; give an item instead")
        raise BadInput(f"this run holds no {kind}; it takes queries by: {', '.join(run.result.space)}, item, user")
    return {modality: _encoder(run, modality) for modality in able if modality in kinds}


def _encoder(run: Run, modality: str) -> Encoder:
    """Return the encoder of the run's vectors. For texts of a run without texts, the text tower of another model."""
    if modality in run.result.space:
        return encoder_of(run.encoders[modality], modality)
    by = text_modality(run.result.space)
    tower = text_tower(encoder_of(run.encoders[by], by).key, by)
    if tower is None:
        raise BadInput(f"this run holds no {modality}; it takes queries by: {', '.join(run.result.space)}, item, user")
    return encoder(tower, modality)


def _read_medium(part: QueryPart, settings: Settings) -> Media:
    """Return the text or file of that part as a medium. BadInput if it cannot be read."""
    if part.kind == "text":
        return text_media("query", part.value, "the text of the query", settings)
    return file_media("query", part.kind, Path(os.path.expanduser(part.value)), part.value, settings)


def _signal(part: QueryPart, label: str, point: np.ndarray, items: PlacedItems) -> Signal:
    """Return the signal for every modality of the point's width (k,). BadInput if the point is zero."""
    if not np.any(point):
        raise BadInput(f"the {part.kind} '{shown(part.value)[:80]}' has no place in the shared space; try another one")
    points = {m: point for m, places in items.parts.items() if places.shape[1] == len(point)}
    return Signal(label, points, part.weight, part.kind)


def _note(medium: Media, made_by: Encoder) -> str:
    """Return a sentence for a text that is cut, a picture of one colour or a silent sound, else ''."""
    view = made_by.view(medium)
    if isinstance(view, str):
        whole = (medium.text or "").strip()
        cut = say("Of the query's {n:,} characters, '{name}' reads the first {read:,}.",
                  n=len(whole), name=made_by.name, read=len(view))  # fmt: skip
        return cut if len(view) < len(whole) else ""
    if medium.modality == "image" and np.ptp(view.reshape(-1, view.shape[-1]), axis=0).max() <= _LEVELS:
        return say("The query's picture shows one even colour, so its nearest items mean little.")
    if medium.modality == "audio" and np.abs(view).max(initial=0.0) <= _SILENCE:
        return say("The query's sound is silence, so its nearest items mean little.")
    return ""

"""Use case: which parts of an item's media, and of what was asked with, made a recommendation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.explain.masks import MediaMap
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Media, Progress, no_progress
from mmalign_core.workflow.align.run import Run
from mmalign_core.workflow.answers.querying import MEDIA, PlacedWish, medium_of
from mmalign_core.workflow.explaining.mapping import check_method, map_of
from mmalign_core.workflow.explaining.masking import MaskedMedium
from mmalign_core.workflow.explaining.noting import noted
from mmalign_core.workflow.explaining.pulls import Pull, pulls
from mmalign_core.workflow.explaining.references import Placed, placed_media

if TYPE_CHECKING:
    from mmalign_core.workflow.answers.recommending import Answer


@dataclass(frozen=True)
class Mapped:
    """A map in units of the recommendation's score, of one medium of the item or of the query.

    `side`: "item" or "query"; `label`: its modality, or the signal's label; `share`: what all of that modality, or
    that signal, adds to the score. The map's score is the part of the share that this medium's place makes; the rest
    of it is the same whatever the medium shows (the average item, other media of the item).
    """

    side: str
    label: str
    medium: Media
    map: MediaMap
    share: float


@dataclass(frozen=True)
class RecommendationMaps:
    """`maps`: the item's first; `notes` say what could not be mapped and why."""

    maps: tuple[Mapped, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sought:
    """A medium and the point that its place is multiplied with: their product is its part of the score."""

    side: str
    label: str
    medium: Media
    target: np.ndarray
    share: float


def explain_recommendation(
    run: Run,
    answer: Answer,
    item: str,
    *,
    store: Store,
    settings: Settings | None = None,
    method: str = "auto",
    grid: int = 7,
    faithful: bool = True,
    progress: Progress = no_progress,
) -> RecommendationMaps:
    """Maps of the item's media against what was asked with, and of typed texts and uploaded media against the item.

    Of several media of one modality the item's best is taken. Means and deviations that the recommender scales cosines
    by stay as they are. BadInput for an item that is not in the answer's items; what cannot be mapped is a note.
    """
    check_method(method)
    notes: list[str] = []
    found = list(sought(run, answer, item, settings or Settings(), notes))
    maps = []
    for i, each in enumerate(found):
        shown = within(progress, i / len(found), (i + 1) / len(found), f"{each.medium.modality}: ")

        def made(each: Sought = each, shown: Progress = shown) -> Mapped:
            masked = MaskedMedium(run, each.medium, store=store, settings=settings, grid=grid, progress=shown)
            drawn = map_of(masked, each.target, method=method, faithful=faithful)
            length = float(np.linalg.norm(each.target))
            return Mapped(each.side, each.label, each.medium, scaled(drawn, length), each.share)

        maps.append(noted(notes, made))
    progress(1.0, "explained")
    return RecommendationMaps(tuple(filter(None, maps)), tuple(dict.fromkeys(notes)))


def scaled(made: MediaMap, factor: float) -> MediaMap:
    """The map of a score that is so many times as large."""
    seen = made.faithfulness
    if seen is not None:
        names = ("deletion", "insertion", "random_deletion", "random_insertion", "advantage")
        numbers = {name: factor * getattr(seen, name) for name in names}
        seen = replace(seen, **numbers, interval=(factor * seen.interval[0], factor * seen.interval[1]))
    return replace(
        made, values=factor * made.values, rest=factor * made.rest, score=factor * made.score, faithfulness=seen
    )


def sought(run: Run, answer: Answer, item: str, settings: Settings, notes: list[str]) -> Iterator[Sought]:
    """Every medium that had a part in this item's score; `notes` gets what stands in the way of the others."""
    row = answer.items.row(item)
    found = pulls(answer.model, answer.items, answer.asked) if answer.model.reads_places else ()
    if not found:
        notes.append(
            f"'{answer.model.name}' does not score by how near media are to what was asked, so there is no map of them"
        )
        return
    for modality in dict.fromkeys(pull.modality for pull in found):
        if answer.items.present(modality)[row]:
            own = [pull for pull in found if pull.modality == modality]
            yield from _of_item(run, answer, item, modality, own, notes)
    for wish in answer.placed:
        if wish.signal is not None and wish.wish.kind in MEDIA and wish.wish.weight:
            own = [pull for pull in found if pull.label == wish.signal.label]
            yield from _of_query(answer, row, wish, own, settings, notes)


def _of_item(run: Run, answer: Answer, item: str, modality: str, own: list[Pull], notes: list[str]) -> Iterator[Sought]:
    """The item's medium of this modality that adds most; each of n counts one nth."""
    media = placed_media(run, modality, item)
    target = np.sum([pull.slope * pull.point for pull in own], axis=0) / len(media)
    best: Placed = max(media, key=lambda placed: float(placed.place @ target))
    if best.medium is None:
        notes.append(f"the {modality} of '{item}' was given as a ready-made vector, so there is no map of it")
        return
    place = answer.items.parts[modality][answer.items.row(item)].astype(np.float64)
    share = sum(pull.slope * float(place @ pull.point) + pull.offset for pull in own)
    yield Sought("item", modality, best.medium, target, share)


def _of_query(
    answer: Answer, row: int, wish: PlacedWish, own: list[Pull], settings: Settings, notes: list[str]
) -> Iterator[Sought]:
    """The typed text or uploaded file against the item, less the average item: what all items gain ranks none."""
    assert wish.signal is not None
    target, share = np.zeros(0), 0.0
    for pull in own:
        part = answer.items.parts[pull.modality]
        if not answer.items.present(pull.modality)[row]:
            continue
        moved = pull.slope * (part[row] - answer.items.mean(pull.modality))
        target = moved if not len(target) else target + moved
        share += pull.slope * float(part[row] @ pull.point) + pull.offset
    if not np.any(target):
        return
    medium = noted(notes, lambda: medium_of(wish.wish, settings))
    if medium is not None:
        yield Sought("query", wish.signal.label, medium, target, share)

"""Maps of a recommendation: the shares of the parts of the item's media and of the query's media in its score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.explain.linear_terms import LinearTerm, linear_terms
from mmalign_core.explain.masks import MediaMap
from mmalign_core.progress import within
from mmalign_core.recommend import Signal
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Media, Progress, no_progress
from mmalign_core.wording import say, say_word
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.explanation.masked_medium import MaskedMedium
from mmalign_core.workflow.explanation.media_maps import check_method, map_of, or_note
from mmalign_core.workflow.explanation.placed_media import PlacedMedium, placed_media
from mmalign_core.workflow.recommendation.answers import Answer


@dataclass(frozen=True)
class RecommendationMap:
    """A map of one medium of the item or of the query, in units of the recommendation's score.

    `side`: "item" or "query". `label`: the item's modality, or the signal's label. `share`: the share of that modality
    or signal in the score. The map's score is the part of this share that depends on the medium's place. The rest
    comes from the average item and from other media of the item.
    """

    side: str
    label: str
    medium: Media
    map: MediaMap
    share: float


@dataclass(frozen=True)
class RecommendationMaps:
    """`maps`: the item's first. `notes`: which media have no map, and why."""

    maps: tuple[RecommendationMap, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class MediumTarget:
    """A medium and a `target` (k,). The medium's place times the target is its term in the score."""

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
    """Return maps of the item's media against the query, and of the query's texts and uploaded media against the item.

    Of several media of one modality the one with the largest term is mapped. Means and deviations that the recommender
    scales cosines by are kept constant. BadInput for an item that is not among the answer's items. A medium that
    cannot be mapped becomes a note.
    """
    check_method(method)
    notes: list[str] = []
    found = list(media_targets(run, answer, item, notes))
    maps = []
    for i, each in enumerate(found):
        shown = within(progress, i / len(found), (i + 1) / len(found), f"{each.medium.modality}: ")

        def made(each: MediumTarget = each, shown: Progress = shown) -> RecommendationMap:
            masked = MaskedMedium(run, each.medium, store=store, settings=settings, grid=grid, progress=shown)
            drawn = map_of(masked, each.target, method=method, faithful=faithful)
            length = float(np.linalg.norm(each.target))
            return RecommendationMap(each.side, each.label, each.medium, scaled_map(drawn, length), each.share)

        maps.append(or_note(notes, made))
    progress(1.0, "explained")
    return RecommendationMaps(tuple(filter(None, maps)), tuple(dict.fromkeys(notes)))


def scaled_map(made: MediaMap, factor: float) -> MediaMap:
    """Return the map with every number multiplied by `factor`."""
    seen = made.faithfulness
    if seen is not None:
        names = ("deletion", "insertion", "random_deletion", "random_insertion", "advantage")
        numbers = {name: factor * getattr(seen, name) for name in names}
        seen = replace(seen, **numbers, interval=(factor * seen.interval[0], factor * seen.interval[1]))
    return replace(
        made, values=factor * made.values, rest=factor * made.rest, score=factor * made.score, faithfulness=seen
    )


def media_targets(run: Run, answer: Answer, item: str, notes: list[str]) -> Iterator[MediumTarget]:
    """Yield every medium with a term in this item's score. `notes` gets the reason for each that cannot be mapped."""
    row = answer.items.row(item)
    terms = linear_terms(answer.model, answer.items, answer.placed) if answer.model.reads_places else ()
    if not terms:
        notes.append(
            say(
                "'{name}' does not score by how near media are to the query, so there is no map of them",
                name=answer.model.name,
            )
        )
        return
    for modality in dict.fromkeys(term.modality for term in terms):
        if answer.items.present(modality)[row]:
            own = [term for term in terms if term.modality == modality]
            yield from _of_item(run, answer, item, own, notes)
    for signal in answer.placed.signals:
        if signal.weight:
            yield from _of_query(answer, row, signal, [term for term in terms if term.label == signal.label])


def _of_item(run: Run, answer: Answer, item: str, own: list[LinearTerm], notes: list[str]) -> Iterator[MediumTarget]:
    """Yield the medium with the largest term, of the item's media of these terms' modality. Each of n counts 1/n."""
    modality = own[0].modality
    media = placed_media(run, modality, item)
    target = np.sum([term.slope * term.point for term in own], axis=0) / len(media)
    best: PlacedMedium = max(media, key=lambda placed: float(placed.place @ target))
    if best.medium is None:
        notes.append(
            say(
                "the {modality} of '{item}' was given as a ready-made vector, so there is no map of it",
                modality=say_word(modality),
                item=item,
            )
        )
        return
    place = answer.items.parts[modality][answer.items.row(item)].astype(np.float64)
    share = sum(term.slope * float(place @ term.point) + term.offset for term in own)
    yield MediumTarget("item", modality, best.medium, target, share)


def _of_query(answer: Answer, row: int, signal: Signal, own: list[LinearTerm]) -> Iterator[MediumTarget]:
    """Yield the query's text or file against the item minus the average item: equal terms of all change no rank."""
    target, share = np.zeros(0), 0.0
    for term in own:
        part = answer.items.parts[term.modality]
        if not answer.items.present(term.modality)[row]:
            continue
        moved = term.slope * (part[row] - answer.items.mean(term.modality))
        target = moved if not len(target) else target + moved
        share += term.slope * float(part[row] @ term.point) + term.offset
    if np.any(target) and signal.medium is not None:
        yield MediumTarget("query", signal.label, signal.medium, target, share)

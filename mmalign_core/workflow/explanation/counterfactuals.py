"""Counterfactuals: the fewest words, cells, segments or history items without which an item leaves the first k."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.data.names import shown
from mmalign_core.explain.counterfactuals import find_removal
from mmalign_core.explain.masks import Part
from mmalign_core.progress import within
from mmalign_core.recommend import PlacedQuery
from mmalign_core.recommend.query import HISTORY
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Media, Progress, no_progress
from mmalign_core.wording import say, say_list, say_word
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.explanation.answers import MediumTarget, media_targets
from mmalign_core.workflow.explanation.masked_medium import MaskedMedium
from mmalign_core.workflow.explanation.media_maps import map_of, or_note
from mmalign_core.workflow.recommendation.answers import Answer
from mmalign_core.workflow.recommendation.reasons import ItemRanks

BUDGET = 256
"""Sets of parts that are tried for each medium and for the history. Enough for all single cells of a 7 x 7 grid and
about as many sets of two or more. Chosen by that count, not measured."""
_PARTS = {"text": ("word", "words"), "image": ("cell", "cells")}
_PARTS |= dict.fromkeys(("audio", "video"), ("segment", "segments"))


@dataclass(frozen=True)
class Counterfactual:
    """The parts of one medium, or of the history, without which the item is no longer among the first k.

    `side`: "item", "query" or "history". `label`: as in `RecommendationMap`. `parts`: parts to leave out; None if
    none of the sets tried within the `budget` is enough. `rank`: with everything. `without`: with these parts left out
    (equal to `rank` if `parts` is None). `smallest`: no smaller set is enough. `minimal`: no part of it can be put
    back. `tried`: how many sets were tried.
    """

    side: str
    label: str
    medium: Media | None
    parts: tuple[Part, ...] | None
    rank: int
    without: int
    smallest: bool
    minimal: bool
    tried: int
    budget: int

    @property
    def sentence(self) -> str:
        """The counterfactual in one sentence."""
        what = {
            "query": say("the query's {part}", part=say_word(self.label)),
            "item": say("the item's {part}", part=say_word(self.label)),
        }.get(self.side, say("the history"))
        if self.parts is None:
            tried = (
                say("Nothing left out of")
                if self.smallest
                else say("None of {tried} sets of parts left out of", tried=self.tried)
            )
            return say("{tried} {what} takes the item out of the list.", tried=tried, what=what)
        one, several = _PARTS[self.medium.modality] if self.medium else ("item", "items")
        names = say_list(f"“{shown(part.label)}”" for part in self.parts[:5])
        more = say(" and {n} more", n=len(self.parts) - 5) if len(self.parts) > 5 else ""
        many = len(self.parts)
        count = (
            say("the {part}", part=say_word(one)) if many == 1 else say("{n} {parts}:", n=many, parts=say_word(several))
        )
        return say(
            "Without {count} {names}{more} in {what}, it falls from rank {rank} to rank {without}.",
            count=count,
            names=names,
            more=more,
            what=what,
            rank=self.rank,
            without=self.without,
        )


@dataclass(frozen=True)
class _Subject:
    """The whole whose parts are left out: a medium of the item or the query, or the history (`medium` is None)."""

    side: str
    label: str
    medium: Media | None
    parts: tuple[Part, ...]


def smallest_changes(
    run: Run,
    answer: Answer,
    item: str,
    *,
    store: Store,
    settings: Settings | None = None,
    grid: int = 7,
    budget: int = BUDGET,
    progress: Progress = no_progress,
) -> tuple[tuple[Counterfactual, ...], tuple[str, ...]]:
    """Return counterfactuals of each medium with a term in the item's score and of the history, and notes on failures.

    Ranks are by score after the popularity control and before the diversity control; ties count against the item.
    Means and deviations of the scores are kept constant while the item's own media change. BadInput unless the item
    is among the first k now. `progress` may raise `Cancelled`.
    """
    item_ranks = ItemRanks(answer, item)
    if item_ranks.rank > answer.query.k:
        raise BadInput(
            say(
                "'{shown}' is at rank {rank}, not among the first {k}",
                shown=shown(item),
                rank=item_ranks.rank,
                k=answer.query.k,
            )
        )
    notes: list[str] = []
    media = list(media_targets(run, answer, item, notes))
    found = []
    for i, each in enumerate(media):
        shown_progress = within(progress, i / (len(media) + 1), (i + 1) / (len(media) + 1))

        def found_for(each: MediumTarget = each, shown_progress: Progress = shown_progress) -> Counterfactual:
            masked = MaskedMedium(run, each.medium, store=store, settings=settings, grid=grid, progress=shown_progress)
            return _of_medium(item_ranks, each, masked, budget)

        found.append(or_note(notes, found_for))
    progress(len(media) / (len(media) + 1), "history")
    found += list(_of_history(item_ranks, budget))
    progress(1.0, "done")
    return tuple(filter(None, found)), tuple(dict.fromkeys(notes))


def _of_medium(item_ranks: ItemRanks, each: MediumTarget, masked: MaskedMedium, budget: int) -> Counterfactual:
    """Return the counterfactual of a medium. Parts are left out in the order of the medium's map."""
    order = np.argsort(-map_of(masked, each.target, method="auto", faithful=False).values, kind="stable")
    masked.expect(budget)

    def ranks(masks: np.ndarray) -> np.ndarray:
        places = masked.places(masks).astype(np.float64)
        if each.side == "item":
            return item_ranks.with_gains((places - masked.place) @ each.target)
        return item_ranks.for_queries([_query_at(item_ranks.answer.placed, each.label, place) for place in places])

    subject = _Subject(each.side, each.label, each.medium, masked.parts)
    return _counterfactual(item_ranks, subject, ranks, order, budget)


def _of_history(item_ranks: ItemRanks, budget: int) -> Iterator[Counterfactual]:
    """Yield the counterfactual of the history, in the order of the items' shares, if the query has other parts."""
    query, model, ids = item_ranks.answer.placed, item_ranks.answer.model, item_ranks.answer.items.ids
    rows = list(query.history)
    if len(rows) + len(query.signals) < 2 or not rows:
        return
    row = np.array([item_ranks.row])
    shares = model.shares(query, row, HISTORY) if HISTORY in model.views else {}
    order = np.argsort([-float(shares.get(ids[i], np.zeros(1))[0]) for i in rows], kind="stable")

    def with_only(mask: np.ndarray) -> PlacedQuery:
        kept = {r: w for (r, w), keep in zip(query.history.items(), mask) if keep}
        return replace(query, history=kept, user=query.user if mask.all() else None)

    def ranks(masks: np.ndarray) -> np.ndarray:
        return item_ranks.for_queries([with_only(mask) for mask in masks])

    parts = tuple(Part(ids[i], ()) for i in rows)
    yield _counterfactual(item_ranks, _Subject(HISTORY, HISTORY, None, parts), ranks, order, budget)


def _counterfactual(
    item_ranks: ItemRanks,
    subject: _Subject,
    ranks: Callable[[np.ndarray], np.ndarray],
    order: np.ndarray,
    budget: int,
) -> Counterfactual:
    """Return the counterfactual of the subject. `ranks`: masks (b, p) -> the item's ranks (b,). `order` (p,): parts."""
    parts, k = subject.parts, item_ranks.answer.query.k
    found = find_removal(len(parts), lambda masks: ranks(masks) > k, order.tolist(), budget)
    left_out = None if found.parts is None else tuple(parts[i] for i in found.parts)
    without = item_ranks.rank
    if found.parts is not None:
        mask = np.ones((1, len(parts)), bool)
        mask[0, list(found.parts)] = False
        without = int(ranks(mask)[0])
    return Counterfactual(
        side=subject.side,
        label=subject.label,
        medium=subject.medium,
        parts=left_out,
        rank=item_ranks.rank,
        without=without,
        smallest=found.smallest,
        minimal=found.minimal,
        tried=found.tried,
        budget=budget,
    )


def _query_at(query: PlacedQuery, label: str, place: np.ndarray) -> PlacedQuery:
    """Return the query with that signal moved to `place` (k,)."""
    signals = tuple(
        replace(s, points={m: place.astype(np.float32) for m in s.points}) if s.label == label else s
        for s in query.signals
    )
    return replace(query, signals=signals)

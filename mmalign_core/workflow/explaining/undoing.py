"""Use case: the smallest change that takes an item out of the first k: words, cells, segments, items of a history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.data.names import shown
from mmalign_core.explain.counterfactual import find_removal
from mmalign_core.explain.masks import Part
from mmalign_core.progress import within
from mmalign_core.recommend import Query as Asked
from mmalign_core.recommend.query import HISTORY
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Media, Progress, no_progress
from mmalign_core.workflow.align.run import Run
from mmalign_core.workflow.answers.item_rank import Standing
from mmalign_core.workflow.answers.recommending import Answer
from mmalign_core.workflow.explaining.explaining_answers import Sought, sought
from mmalign_core.workflow.explaining.mapping import map_of
from mmalign_core.workflow.explaining.masking import MaskedMedium
from mmalign_core.workflow.explaining.noting import noted

BUDGET = 256
"""Sets of parts that are tried for each medium, and for the history."""
_PARTS = {"text": ("word", "words"), "image": ("cell", "cells")}
_PARTS |= dict.fromkeys(("audio", "video"), ("segment", "segments"))


@dataclass(frozen=True)
class Undoing:
    """What to leave out of one medium, or of the history, so that the item is no longer among the first k.

    `side`: "item", "query" or "history"; `label` as in `Mapped`. `parts`: what to leave out, all of it, None where no
    set within the `budget` does it. `rank` with everything, `without` with these parts left out (`rank` if None).
    `smallest`: no smaller set does it; `minimal`: none of the parts can be put back.
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
        """The same in one line."""
        what = {"query": f"the {self.label} asked with", "item": f"the item's {self.label}"}.get(
            self.side, "the history"
        )
        if self.parts is None:
            tried = "Nothing left out of" if self.smallest else f"None of {self.tried} sets of parts left out of"
            return f"{tried} {what} takes the item out of the list."
        one, many = _PARTS[self.medium.modality] if self.medium else ("item", "items")
        names = ", ".join(f"“{shown(part.label)}”" for part in self.parts[:5])
        more = f" and {len(self.parts) - 5} more" if len(self.parts) > 5 else ""
        count = f"the {one}" if len(self.parts) == 1 else f"{len(self.parts)} {many}:"
        return f"Without {count} {names}{more} in {what}, it falls from rank {self.rank} to rank {self.without}."


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
) -> tuple[tuple[Undoing, ...], tuple[str, ...]]:
    """One for each medium that had a part in the item's score and one for the history, and notes on what cannot be.

    Ranks are by score with the popularity control and before diversity moves anything; ties count against the item.
    Means and deviations of the scores stay as they are while the item's own media change. BadInput unless the item is
    among the first k now. `progress` may raise `Cancelled`.
    """
    standing = Standing(answer, item)
    if standing.rank > answer.options.k:
        raise BadInput(f"'{shown(item)}' is at rank {standing.rank}, not among the first {answer.options.k}")
    notes: list[str] = []
    media = list(sought(run, answer, item, settings or Settings(), notes))
    found = []
    for i, each in enumerate(media):
        shown_progress = within(progress, i / (len(media) + 1), (i + 1) / (len(media) + 1))

        def undone(each: Sought = each, shown_progress: Progress = shown_progress) -> Undoing:
            masked = MaskedMedium(run, each.medium, store=store, settings=settings, grid=grid, progress=shown_progress)
            return _of_medium(standing, each, masked, budget)

        found.append(noted(notes, undone))
    progress(len(media) / (len(media) + 1), "history")
    found += list(_of_history(standing, budget))
    progress(1.0, "done")
    return tuple(filter(None, found)), tuple(dict.fromkeys(notes))


def _of_medium(standing: Standing, each: Sought, masked: MaskedMedium, budget: int) -> Undoing:
    """The parts go in the order of the medium's map."""
    order = np.argsort(-map_of(masked, each.target, method="auto", faithful=False).values, kind="stable")
    masked.expect(budget)

    def ranks(masks: np.ndarray) -> np.ndarray:
        places = masked.places(masks).astype(np.float64)
        if each.side == "item":
            return standing.moved((places - masked.place) @ each.target)
        return standing.asked([_asked_at(standing.answer.asked, each.label, place) for place in places])

    return _undoing(standing, each.side, each.label, each.medium, masked.parted.parts, ranks, order, budget)


def _of_history(standing: Standing, budget: int) -> Iterator[Undoing]:
    """Items that the query's history holds, in the order of their shares; what is asked with alone must stay."""
    asked, model, ids = standing.answer.asked, standing.answer.model, standing.answer.items.ids
    rows = list(asked.history)
    if len(rows) + len(asked.signals) < 2 or not rows:
        return
    row = np.array([standing.row])
    shares = model.shares(asked, row, HISTORY) if HISTORY in model.views else {}
    order = np.argsort([-float(shares.get(ids[i], np.zeros(1))[0]) for i in rows], kind="stable")

    def with_only(mask: np.ndarray) -> Asked:
        kept = {r: w for (r, w), keep in zip(asked.history.items(), mask) if keep}
        return replace(asked, history=kept, user=asked.user if mask.all() else None)

    def ranks(masks: np.ndarray) -> np.ndarray:
        return standing.asked([with_only(mask) for mask in masks])

    parts = tuple(Part(ids[i], ()) for i in rows)
    yield _undoing(standing, HISTORY, HISTORY, None, parts, ranks, order, budget)


def _undoing(
    standing: Standing,
    side: str,
    label: str,
    medium: Media | None,
    parts: tuple[Part, ...],
    ranks: Callable[[np.ndarray], np.ndarray],
    order: np.ndarray,
    budget: int,
) -> Undoing:
    k = standing.answer.options.k
    found = find_removal(len(parts), lambda masks: ranks(masks) > k, order.tolist(), budget)
    left_out = None if found.parts is None else tuple(parts[i] for i in found.parts)
    without = standing.rank
    if found.parts is not None:
        mask = np.ones((1, len(parts)), bool)
        mask[0, list(found.parts)] = False
        without = int(ranks(mask)[0])
    state = found.smallest, found.minimal, found.tried, budget
    return Undoing(side, label, medium, left_out, standing.rank, without, *state)


def _asked_at(asked: Asked, label: str, place: np.ndarray) -> Asked:
    """The query with that signal at another place."""
    signals = tuple(
        replace(s, points={m: place.astype(np.float32) for m in s.points}) if s.label == label else s
        for s in asked.signals
    )
    return replace(asked, signals=signals)

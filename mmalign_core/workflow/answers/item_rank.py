"""Where one item of an answer ranks, now and after a change of the question or of the item."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mmalign_core.recommend import Query as Asked
from mmalign_core.recommend.controls.long_tail import popularity_term
from mmalign_core.recommend.knockout import ranks_of
from mmalign_core.recommend.ranking import recommendable
from mmalign_core.workflow.answers.recommending import Answer


class Standing:
    """Ranks from 1 among what may be recommended, by score with the popularity control and before diversity moves
    anything; ties count against the item. BadInput if the item is not among the answer's items."""

    def __init__(self, answer: Answer, item: str) -> None:
        self.answer, self.row = answer, answer.items.row(item)
        self.usable = recommendable(len(answer.items.ids), answer.exclude, answer.allowed)

    @cached_property
    def scores(self) -> np.ndarray:
        """(n,) as they are."""
        return self.answer.model.score([self.answer.asked])[0]

    @cached_property
    def rank(self) -> int:
        """As it is."""
        return int(self.ranks(self.scores[None])[0])

    def asked(self, queries: list[Asked]) -> np.ndarray:
        """(b,) ranks when asked so instead."""
        return self.ranks(self.answer.model.score(queries))

    def moved(self, gains: np.ndarray) -> np.ndarray:
        """(b,) ranks when the item's score changes by so much and no other's does."""
        scores = np.repeat(self.scores[None], len(gains), axis=0)
        scores[:, self.row] += gains
        return self.ranks(scores)

    def ranks(self, scores: np.ndarray) -> np.ndarray:
        """(b,) ranks by scores (b, n), the popularity control on top."""
        popularity, met = self.answer.options.popularity, self.answer.met
        totals = (row + popularity_term(row, self.usable, popularity, met) for row in scores)
        return np.array([ranks_of(total, np.array([self.row]), self.usable)[0] for total in totals])

"""A hub: one candidate that crowds the answers of many queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mmalign_core.triage.causes.base import Cause, CauseFinder, Context, Evidence, register
from mmalign_core.triage.judgements import Judgements
from mmalign_core.wording import say

SIGNIFICANCE = 0.01
"""Chance that any candidate of a direction is called a hub where each query chooses at random; our choice."""


@register("hub")
class Hub(CauseFinder):
    """The wrong answer is a hub (Radovanovic et al. 2010, Hubs in space): far more queries choose it than by chance.

    By chance a query chooses each candidate that it was ranked among alike often. The wrong choices of one content
    are then Poisson at most (Hoeffding 1956), and Bonferroni's bound holds over all contents.
    """

    summary = say("The chosen candidate crowds the answers of many queries")

    @classmethod
    def sentence(cls, evidence: Evidence, title: Callable[[str], str]) -> str:
        """How many queries choose the hub, how many wrongly, and how many are expected."""
        return say(
            "“{title}” is chosen by {k:,} of {n:,} queries, by {wrong:,} of them wrongly; {expected:.1f} are "
            "expected where each query chooses at random.",
            title=title(evidence["candidate"]),
            k=evidence["k"],
            n=evidence["n"],
            wrong=evidence["wrong"],
            expected=evidence["expected"],
        )

    def find(self, context: Context) -> Sequence[Cause | None]:
        """For each query that chose a hub wrongly: k of n queries chose it, `wrong` of them, and `expected` by chance.

        n are the queries that were ranked among candidates with the hub. The confidence is the share of the wrong
        choices beyond those expected.
        """
        judged, found = context.judgements, list[Cause | None]([None] * len(context.judgements))
        if not len(judged):
            return found
        missed = judged.missed
        contents, content = np.unique(np.array(judged.candidates.keys), return_inverse=True)
        copies, chosen = np.bincount(content), content[judged.chosen]
        wrong = np.bincount(chosen[missed], minlength=len(contents))
        for hub in np.flatnonzero(wrong > 1):
            cause = _cause(judged, chosen == hub, int(wrong[hub]), int(copies[hub]), len(contents))
            for row in np.flatnonzero(missed & (chosen == hub)) if cause else ():
                found[row] = cause
        return found


def _cause(judged: Judgements, takers: np.ndarray, wrong: int, copies: int, contents: int) -> Cause | None:
    """The cause that all who chose this content wrongly share; None where chance would do as much.

    `takers` (m,) bool: the queries that chose it. `copies`: how many candidates hold it.
    """
    from scipy.stats import poisson

    asked = (judged.fold == 0) | np.isin(judged.fold, judged.fold[takers])
    expected = float(copies * (1 / judged.n_candidates[asked]).sum())
    p = float(poisson.sf(wrong - 1, expected)) * contents
    if p >= SIGNIFICANCE:
        return None
    evidence = {
        "candidate": judged.candidates.ids[int(judged.chosen[takers][0])],
        "k": int(takers.sum()),
        "n": int(asked.sum()),
        "wrong": wrong,
        "expected": round(expected, 3),
        "p": p,
    }
    return Cause("hub", evidence, (wrong - expected) / wrong)

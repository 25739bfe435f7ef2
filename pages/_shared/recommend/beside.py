"""Two answers to the same question side by side, and how many items they share."""

from __future__ import annotations

from collections.abc import Sequence

from streamlit.delta_generator import DeltaGenerator

from mmalign_core.workflow import Answer, Run
from pages._shared.recommend import results


def show(run: Run, answers: Sequence[Answer], places: Sequence[DeltaGenerator], picked: str, *, key: str) -> None:
    """Both as cards in their places, those that both hold marked with their rank in the other."""
    ranks = [{found.id: found.rank for found in answer.results} for answer in answers]
    for place, answer, beside, side in zip(places, answers, ranks[::-1], "ab"):
        with place:
            results.show(run, answer, key=f"{key}.{side}", picked=picked, beside=beside, most=3)


def overlap(first: Answer, second: Answer) -> str:
    """How many of the shown items both hold, and what chance would give."""
    own, other = ({found.id for found in answer.results} for answer in (first, second))
    shared, most = len(own & other), min(len(own), len(other))
    n = len(first.items.ids) - len(set(first.controls.exclude) | set(second.controls.exclude))
    chance = len(own) * len(other) / max(n, 1)
    best = "the first is the same" if first.results[0].id == second.results[0].id else "the first differs"
    return f"{shared} of {most} items are in both ({best}); two random draws would share {chance:.1f}."

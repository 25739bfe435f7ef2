"""Items that a question asks against: what their share says is that a recommended item is unlike them."""

from __future__ import annotations

from collections.abc import Mapping

from mmalign_core.workflow.answers.recommending import Answer


def unlike(answer: Answer) -> frozenset[str]:
    """Ids of the items whose weight in the question is negative."""
    return frozenset(answer.items.ids[row] for row, weight in answer.asked.history.items() if weight < 0)


def named(answer: Answer, titles: Mapping[str, str]) -> dict[str, str]:
    """The titles, with a "not" before those of items asked against."""
    return {**titles, **{item: f"not {titles.get(item, item)}" for item in unlike(answer)}}

"""A sample of queries where all of them would take too long: how many, which, and how long all would take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.progress import spoken
from mmalign_core.splits import paired_column
from mmalign_core.types import EmbeddingSet
from mmalign_core.types.strings import Strings
from mmalign_core.wording import say, say_list

MOST_PRODUCTS = 1e13
"""Products of two numbers up to which all queries are measured: about two minutes on two cores at a rate of PER_SECOND.
Chosen: it holds 100,000 pairs of 512 dimensions, and a person still waits."""
PER_SECOND = 4e10
"""Products a second of a measurement on two cores: measured at 100,000 x 128 on a machine that did other work too."""
SAMPLED = 10_000
"""Items drawn: the standard error of a share of their queries is then at most sqrt(0.25 / 10,000) = 0.005."""


@dataclass(frozen=True)
class Sample:
    """`items`: those whose rows are queries, of `of` items with both modalities. `seconds`: what all would take."""

    items: Strings
    of: int
    seconds: float


def seconds_for(a: EmbeddingSet, b: EmbeddingSet) -> float:
    """Return about how long it takes to measure all rows of both sets against each other, in seconds."""
    return _products(a, b) / PER_SECOND


def query_sample(a: EmbeddingSet, b: EmbeddingSet, *, seed: int = 0, exact: bool = False) -> Sample | None:
    """Return the items whose rows are asked against all candidates; None where all are asked.

    All are asked if `exact`, if that takes at most MOST_PRODUCTS, or if there are no more than SAMPLED of them. The
    draw depends on the items and the seed alone, not on the speed of the machine.
    """
    if exact or _products(a, b) <= MOST_PRODUCTS:
        return None
    paired = paired_column({"a": a, "b": b})
    if len(paired) <= SAMPLED:
        return None
    drawn = np.random.default_rng(seed).choice(len(paired), SAMPLED, replace=False)
    return Sample(paired.take(drawn), len(paired), seconds_for(a, b))


def sampled_words(report: Mapping[str, Any]) -> str:
    """Return how the queries of a report were sampled, in one sentence without its end; "" where all were measured.

    `report`: the JSON of `align`.
    """
    sampled = report.get("sampled")
    if not sampled:
        return ""
    ways = {way: part for way, part in sampled.items() if isinstance(part, Mapping)}
    drawn = say_list(
        say("{n:,} of {of:,} queries {way}", n=part["n"], of=part["of"], way=way) for way, part in ways.items()
    )
    return say(
        "measured on a random sample, {drawn}; all would take about {spoken}",
        drawn=drawn,
        spoken=spoken(sampled["seconds_for_all"]),
    )


def _products(a: EmbeddingSet, b: EmbeddingSet) -> float:
    return float(len(a)) * len(b) * a.vectors.shape[1]

"""Made collections whose texts are a linear map of their pictures, some of them swapped among the items."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mmalign_core.store import Store
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.workflow import Choices, Run, align, encode
from mmalign_core.workflow.alignment.plan import hold_out

CHOICES = Choices(aligner="ridge", test=0.3)
COUNT = 200
NOISE = 0.7
"""So large that the right answer is the first for about seven of ten, and a better fit shows."""


def swapped(order: Sequence[int] | None = None, count: int = COUNT, noise: float = NOISE) -> Collection:
    """Item i holds picture i and text `order[i]`; the keys name the contents."""
    rng = np.random.default_rng(0)
    image = rng.normal(size=(count, 12))
    text = image @ rng.normal(size=(12, 10)) / 3 + noise * rng.normal(size=(count, 10))
    order = list(range(count)) if order is None else list(order)
    ids = tuple(f"i{n:03}" for n in range(count))
    sets = {
        "image": EmbeddingSet("image", ids, tuple(f"picture {n}" for n in range(count)), image, "given@1"),
        "text": EmbeddingSet("text", ids, tuple(f"words {n}" for n in order), text[order], "given@1"),
    }
    return Collection("swapped", pd.DataFrame(index=list(ids)), (), vectors=sets)


def shifted(*groups: Sequence[int], count: int = COUNT) -> list[int]:
    """The order in which the texts of the places of each group are moved on by one."""
    order = np.arange(count)
    for places in groups:
        order[list(places)] = np.roll(list(places), 1)
    return [int(n) for n in order]


def run_of(collection: Collection, store: Store, choices: Choices = CHOICES) -> Run:
    """Its alignment."""
    return align(collection, encode(collection, store=store), choices, store=store)


def item(place: int) -> str:
    """The id of the item at that place."""
    return f"i{place:03}"


def split_of(run: Run) -> tuple[list[int], list[int]]:
    """Places of the training items and of the held-out ones."""
    held = hold_out(run.collection, run.result.space, run.choices).parts[0]
    return [int(i[1:]) for i in held.train], [int(i[1:]) for i in held.test]


def faulty_run(store: Store) -> tuple[Run, list[int], list[int]]:
    """A run with thirty texts swapped among its training items, their places, and those of the held-out items."""
    train, test = split_of(run_of(swapped(), store))
    wrong = train[::4][:30]
    run = run_of(swapped(shifted(wrong)), store)
    assert split_of(run) == (train, test)
    return run, wrong, test

"""Top-10 over 100,000 items in three modalities, beside plain numpy that gives neither shares nor ties their due.

python benchmarks/recommend_speed.py [items] [width] [modalities] [rounds]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.recommend import RECOMMENDERS, Controls, PlacedItems, PlacedQuery, Signal, knockouts, top
from mmalign_core.vectors import unit_rows


def plain(items: PlacedItems, point: np.ndarray) -> np.ndarray:
    """The reference: standardised dot products added up, and a sort of all."""
    total = np.zeros(len(items.ids), np.float32)
    for part in items.parts.values():
        near = part @ point
        total += (near - near.mean()) / near.std()
    return np.argsort(-total)[:10]


def places(items: int, width: int, modalities: int) -> PlacedItems:
    """Random unit rows."""
    rng = np.random.default_rng(0)
    parts = {f"modality {m}": unit_rows(rng.standard_normal((items, width), np.float32)) for m in range(modalities)}
    return PlacedItems(tuple(map(str, range(items))), parts)


def at_each(made: PlacedItems, point: np.ndarray) -> dict[str, np.ndarray]:
    """The same point of a query for each modality."""
    return dict.fromkeys(made.parts, point)


def milliseconds(work: Callable[[int], object], rounds: int) -> np.ndarray:
    """Wall times of calls with 0, 1, … after one that warms up."""
    work(-1)
    times = []
    for turn in range(rounds):
        start = time.perf_counter()
        work(turn)
        times.append(1000 * (time.perf_counter() - start))
    return np.array(times)


def main(items: int = 100_000, width: int = 512, modalities: int = 3, rounds: int = 15) -> None:
    """Each round asks a new question, except where the line says the same."""
    made = places(items, width, modalities)
    content = RECOMMENDERS.create("content").fit(made)
    rng = np.random.default_rng(1)
    points = unit_rows(rng.standard_normal((rounds + 1, width), np.float32))
    asked = [PlacedQuery((Signal("text", at_each(made, point)),)) for point in points]
    histories = [PlacedQuery(history=dict.fromkeys(map(int, rng.integers(0, items, 30)), 1.0)) for _ in points]
    met = rng.zipf(1.5, items).astype(float)
    first, *others = made.parts

    def weighed(turn: int) -> PlacedQuery:
        return PlacedQuery(asked[0].signals, weights={first: turn + 2.0} | dict.fromkeys(others, 1.0))

    print(f"top-10 of {items:,} items x {width} x {modalities} modalities, {rounds} rounds")
    print(f"{'':46}{'median ms':>10}{'best ms':>10}")
    lines: dict[str, Callable[[int], object]] = {
        "plain numpy, a typed query": lambda i: plain(made, points[i]),
        "ours, a typed query": lambda i: top(content, made, asked[i]),
        "ours, a history of 30": lambda i: top(
            content, made, histories[i], controls=Controls(exclude=histories[i].history)
        ),
        "ours, the same query, other weights": lambda i: top(content, made, weighed(i)),
        "ours, the same, diversity .5 and popularity .2": lambda i: top(
            content, made, weighed(i), controls=Controls(diversity=0.5, popularity=0.2, met=met)
        ),
        "every knock-out of a history of 30, 10 items": lambda i: knockouts(
            content, made, histories[i], range(10), controls=Controls(exclude=histories[i].history)
        ),
    }
    for label, work in lines.items():
        times = milliseconds(work, rounds)
        print(f"{label:46}{np.median(times):10.1f}{times.min():10.1f}")
    same = np.mean([set(plain(made, p)) == {int(r.id) for r in top(content, made, q)} for p, q in zip(points, asked)])
    print(f"the same items as plain numpy in {same:.1%} of {len(points)} lists")
    start = time.perf_counter()
    many = [PlacedQuery(history=dict.fromkeys(map(int, rng.integers(0, items, 30)), 1.0)) for _ in range(200)]
    content.score(many)
    print(f"scores of 200 histories of 30 in a batch: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""The order of recommendations: ties, diversity against a brute-force oracle, the popularity control, counted ranks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.recommend import RECOMMENDERS, Controls, PlacedItems, PlacedQuery, Signal, top
from mmalign_core.recommend.controls import ALIKE, POPULARITY
from mmalign_core.recommend.counterfactuals import ranks_of
from mmalign_core.recommend.ranking import best_rows
from mmalign_core.types import BadInput, Recommendation
from mmalign_core.vectors import unit_rows


def made(seed: int, n: int = 20) -> tuple[PlacedItems, PlacedQuery]:
    rng = np.random.default_rng(seed)
    parts = {m: unit_rows(rng.normal(size=(n, 4))) for m in ("text", "image")}
    parts["image"][rng.random(n) < 0.3] = 0
    point = rng.normal(size=4).astype(np.float32)
    items = PlacedItems(tuple(f"i{k}" for k in range(n)), parts)
    return items, PlacedQuery((Signal("text", dict.fromkeys(parts, point)),), weights={"text": 0.75, "image": 0.25})


def found(items: PlacedItems, query: PlacedQuery, k: int = 10, **options: object) -> list[Recommendation]:
    return top(RECOMMENDERS.create("content").fit(items), items, query, k, Controls(**options))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.integers(1, 35), st.data())
def test_the_best_come_first_and_equal_ones_in_their_order(values: list[int], k: int, data: st.DataObject) -> None:
    scores = np.array(values, float)
    usable = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    expected = sorted(np.flatnonzero(usable), key=lambda row: (-scores[row], row))[:k]
    assert best_rows(scores, usable, k).tolist() == expected


def cosine(items: PlacedItems, a: int, b: int, weights: dict[str, float]) -> float:
    """Weighted cosines of what both have, less for what only one has."""
    has = [{m for m, part in items.parts.items() if part[row].any()} for row in (a, b)]
    shared = sum(weights[m] * float(items.parts[m][a] @ items.parts[m][b]) for m in has[0] & has[1])
    size = [sum(weights[m] for m in some) for some in has]
    return shared / np.sqrt(size[0] * size[1]) if min(size) > 0 else 0.0


@given(st.integers(0, 10_000), st.floats(0.05, 0.95), st.integers(1, 20))
def test_diversity_is_maximal_marginal_relevance(seed: int, diversity: float, k: int) -> None:
    items, query = made(seed)
    scores = RECOMMENDERS.create("content").fit(items).score([query])[0]
    height, chosen, left = scores.max() - scores.mean(), [], list(range(20))
    for _ in range(k):
        near = {i: max([0.0, *(cosine(items, i, j, dict(query.weights)) for j in chosen)]) for i in left}
        marginal = {i: (1 - diversity) * scores[i] / height - diversity * near[i] for i in left}
        best = max(left, key=lambda i: marginal[i])
        chosen.append(best)
        left.remove(best)
    answer = found(items, query, k, diversity=diversity)
    assert [r.id for r in answer] == [f"i{i}" for i in chosen]
    values = [r.score for r in answer]
    assert values == sorted(values, reverse=True) and answer[0].contributions[ALIKE] == 0


@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(-1, 1), st.integers(1, 25))
def test_contributions_sum_to_the_score_whatever_is_set(seed: int, diversity: float, popularity: float, k: int) -> None:
    items, query = made(seed)
    met = np.random.default_rng(seed).integers(0, 50, 20) + np.eye(20)[3]
    usable = np.random.default_rng(seed + 1).random(20) < 0.8
    answer = found(items, query, k, diversity=diversity, popularity=popularity, met=met, exclude=(1, 2), allowed=usable)
    assert len(answer) == min(k, int(usable.sum() - usable[[1, 2]].sum()))
    for i, r in enumerate(answer):
        assert r.rank == i + 1 and r.score == pytest.approx(sum(r.contributions.values()), abs=1e-6)
        assert np.isfinite(r.score) and usable[items.rows[r.id]] and r.id not in ("i1", "i2")


def test_a_double_is_shown_once_near_the_top() -> None:
    items, query = made(1)
    first = items.rows[found(items, query, 1)[0].id]
    double = (first + 1) % 20
    parts = {m: part.copy() for m, part in items.parts.items()}
    for part in parts.values():
        part[double] = part[first]
    items = PlacedItems(items.ids, parts)
    assert {r.id for r in found(items, query, 2)} == {f"i{first}", f"i{double}"}
    assert {r.id for r in found(items, query, 2, diversity=0.5)} != {f"i{first}", f"i{double}"}


def test_popularity_favours_what_many_met_or_the_long_tail() -> None:
    met, means = 2.0 ** np.arange(20) - 1, []
    for popularity in (-1.0, 0.0, 1.0):
        lists = [
            (items, found(items, query, 5, popularity=popularity, met=met)) for items, query in map(made, range(9))
        ]
        means.append(np.mean([items.rows[r.id] for items, several in lists for r in several]))
    assert means[0] < means[1] - 1 and means[2] > means[1] + 1
    items, query = made(2)
    loved = found(items, query, 20, popularity=1.0, met=met)
    scores = RECOMMENDERS.create("content").fit(items).score([query])[0]
    shares = {r.id: r.contributions[POPULARITY] for r in loved}
    assert shares["i19"] == pytest.approx(scores.max() - scores.mean()) and shares["i0"] == 0
    assert POPULARITY not in found(items, query, 1)[0].contributions


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"diversity": 1.5}, "diversity: 1.5 is outside"),
        ({"diversity": float("nan")}, "diversity: nan is outside"),
        ({"popularity": -2.0}, "popularity: -2.0 is outside"),
        ({"popularity": 0.5}, "have no interactions"),
        ({"popularity": 0.5, "met": np.zeros(20)}, "have no interactions"),
    ],
)
def test_controls_that_cannot_work_are_named(options: dict[str, object], words: str) -> None:
    items, query = made(0)
    with pytest.raises(BadInput, match=words):
        found(items, query, 3, **options)


def test_items_that_nothing_tells_apart_still_get_an_order() -> None:
    items, _ = made(0)
    answer = found(items, PlacedQuery(), 20, diversity=0.7, popularity=-0.4, met=np.arange(20.0))
    assert sorted(r.id for r in answer) == sorted(items.ids) and all(np.isfinite(r.score) for r in answer)
    assert [r.id for r in found(items, PlacedQuery(), 3)] == ["i0", "i1", "i2"]


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=20), st.data())
def test_a_tie_never_helps_a_rank(values: list[int], data: st.DataObject) -> None:
    scores = np.array(values, float)
    usable = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    rows = np.arange(len(values))
    expected = [1 + sum(usable[j] and scores[j] >= scores[i] for j in rows if j != i) for i in rows]
    assert ranks_of(scores, rows, usable).tolist() == expected

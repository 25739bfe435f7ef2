"""What every registered recommender must keep: found by itself, so a new one is tested by being there."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmalign_core.recommend import (
    RECOMMENDERS,
    Controls,
    Interactions,
    PlacedItems,
    PlacedQuery,
    Recommender,
    Signal,
    interactions_of,
    knockouts,
    top,
)
from mmalign_core.types import BadInput
from mmalign_core.vectors import unit_rows

NAMES = RECOMMENDERS.names()
VIEWS = {"modality", "signal", "history", "recommender", "popularity", "taste"}
FEW = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class World:
    """Items with gaps in their modalities, and users who met some of them."""

    items: PlacedItems
    events: Interactions

    def queries(self, seed: int) -> list[PlacedQuery]:
        """Histories, signals, both, negative ones, weights of one modality, and nobody's history."""
        rng, n = np.random.default_rng(seed), len(self.items.ids)
        width = {m: part.shape[1] for m, part in self.items.parts.items()}
        signals = tuple(
            Signal(f"text {i}", {m: rng.normal(size=k).astype(np.float32) for m, k in width.items()}, w, m0)
            for i, (w, m0) in enumerate(((1.0, "text"), (-0.5, "")))
        )
        some = {int(row): float(w) for row, w in zip(rng.permutation(n)[: min(n, 4)], (1.0, 1.0, -0.7, 0.5))}
        first = dict.fromkeys(map(int, rng.permutation(n)[: max(1, n // 3)]), 1.0)
        only = {m: float(i == 0) for i, m in enumerate(width)}
        found = [
            PlacedQuery(history=first),
            PlacedQuery(history=some),
            PlacedQuery(signals),
            PlacedQuery(signals[:1], some, only),
            PlacedQuery(signals[:1], weights={"smell": 1.0}),
            PlacedQuery(history={}),
        ]
        return found + [
            PlacedQuery(history=self.events.history(u), user=u) for u in range(min(2, len(self.events.users)))
        ]


def world(seed: int, n: int = 14, users: int = 9, widths: tuple[int, ...] = (5, 5)) -> World:
    """Some items lack a modality, some were met by nobody, some users met one item only."""
    rng = np.random.default_rng(seed)
    ids = tuple(f"i{k}" for k in range(n))
    parts = {m: unit_rows(rng.normal(size=(n, k))) for m, k in zip(("text", "image", "audio"), widths)}
    for part in list(parts.values())[1:]:
        part[rng.random(n) < 0.3] = 0
    met = [(f"u{u}", ids[i], 1 + (u + i) % 5, 1000 + 7 * u + i) for u in range(users) for i in range(n)]
    chosen = rng.random(len(met)) < 0.35
    chosen[[n - 1 == i for _ in range(users) for i in range(n)]] = n == 1
    chosen[0] = True
    table = pd.DataFrame([event for event, is_in in zip(met, chosen) if is_in])
    table.columns = ["user_id", "item_id", "rating", "timestamp"]
    return World(PlacedItems(ids, parts), interactions_of(table, ids))


def fitted(name: str, given_world: World, seed: int = 0) -> Recommender:
    return RECOMMENDERS.create(name).fit(given_world.items, given_world.events, seed=seed)


@pytest.fixture(scope="module", params=NAMES)
def case(request: pytest.FixtureRequest) -> tuple[World, Recommender]:
    made = world(3)
    return made, fitted(request.param, made)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is(name: str) -> None:
    kind = RECOMMENDERS.get(name)
    assert kind.summary and kind.__doc__ and set(kind.views) <= VIEWS and len(kind.views) >= 1
    assert kind.reads_signals or kind.needs_interactions


@pytest.mark.parametrize("name", NAMES)
@given(st.integers(0, 10_000))
@FEW
def test_shares_of_every_view_sum_to_the_score(name: str, seed: int) -> None:
    made = world(seed)
    model, rows = fitted(name, made), np.arange(len(made.items.ids))
    for query in made.queries(seed):
        scores = model.score([query])[0]
        assert scores.shape == (len(rows),) and scores.dtype == np.float64 and np.isfinite(scores).all()
        for view in ("", *model.views):
            shares = model.shares(query, rows, view)
            assert all(values.shape == rows.shape for values in shares.values())
            np.testing.assert_allclose(sum(shares.values(), np.zeros(len(rows))), scores, atol=1e-5)
            for label, values in model.shares(query, rows[::-3], view).items():
                np.testing.assert_allclose(values, shares[label][::-3], atol=1e-6)


def test_a_batch_is_its_queries_one_by_one(case: tuple[World, Recommender]) -> None:
    made, model = case
    queries = made.queries(1)
    np.testing.assert_allclose(model.score(queries), np.vstack([model.score([q]) for q in queries]), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_in_any_order_of_events(name: str) -> None:
    made = world(5)
    shuffled = made.events.take(np.random.default_rng(0).permutation(len(made.events)))
    queries = made.queries(2)
    first = fitted(name, made, seed=4).score(queries)
    np.testing.assert_array_equal(first, fitted(name, made, seed=4).score(queries))
    np.testing.assert_allclose(first, fitted(name, replace(made, events=shuffled), seed=4).score(queries), atol=1e-5)


def test_nothing_given_is_changed(case: tuple[World, Recommender]) -> None:
    made, model = case
    queries, before = made.queries(1), {m: part.copy() for m, part in made.items.parts.items()}
    told = repr(queries)
    model.score(queries)
    model.shares(queries[1], np.array([0, 2]))
    assert repr(queries) == told
    for m, part in made.items.parts.items():
        np.testing.assert_array_equal(part, before[m])


SMALL: dict[str, Callable[[], World]] = {
    "one item": lambda: world(1, n=1),
    "one user": lambda: world(1, users=1),
    "one item and one user": lambda: world(1, n=1, users=1),
    "two items": lambda: world(2, n=2),
    "one modality": lambda: world(1, widths=(4,)),
    "other widths": lambda: world(1, widths=(4, 7, 2)),
    "more places than items": lambda: world(1, n=6, widths=(64, 64)),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("small", SMALL)
def test_the_smallest_worlds_have_finite_scores_that_are_sums(name: str, small: str) -> None:
    made = SMALL[small]()
    model, rows = fitted(name, made), np.arange(len(made.items.ids))
    for query in made.queries(0):
        scores = model.score([query])[0]
        assert np.isfinite(scores).all()
        for view in model.views:
            np.testing.assert_allclose(
                sum(model.shares(query, rows, view).values(), np.zeros(len(rows))), scores, atol=1e-5
            )


@pytest.mark.parametrize("name", NAMES)
def test_no_events_are_said_to_be_missing_where_they_are_needed(name: str) -> None:
    made = world(1)
    for events in (None, made.events.take(np.zeros(0, np.int64))):
        model = RECOMMENDERS.create(name)
        if RECOMMENDERS.get(name).needs_interactions:
            with pytest.raises(BadInput, match=r"interactions|user_id"):
                model.fit(made.items, events)
        else:
            assert np.isfinite(model.fit(made.items, events).score(made.queries(0))).all()


def test_an_item_nobody_met_can_be_ranked_and_asked_about(case: tuple[World, Recommender]) -> None:
    made, model = case
    assert made.events.popularity[-1] == 0
    last = len(made.items.ids) - 1
    assert np.isfinite(model.score([PlacedQuery(history={last: 1.0})])).all()
    found = top(model, made.items, PlacedQuery(history={0: 1.0}), last + 1, controls=Controls(exclude=(0,)))
    assert made.items.ids[last] in [r.id for r in found]


def test_every_knock_out_is_the_ranking_done_anew(case: tuple[World, Recommender]) -> None:
    made, model = case
    query = made.queries(1)[3].weighted(tuple(made.items.parts))
    rows = [5, 6, 7]
    found = knockouts(model, made.items, query, rows, controls=Controls(exclude=(1,)))
    anew = {
        **{("history", made.items.ids[h]): query.without_item(h) for h in query.history},
        **{("signal", s.label): query.without_signal(i) for i, s in enumerate(query.signals)},
        **{("modality", m): query.without_modality(m) for m in made.items.parts},
        ("nothing", ""): query,
    }
    for kind, by_label in found.items():
        for label, ranks in by_label.items():
            scores = model.score([anew[kind, label]])[0]
            others = [[j for j in range(len(scores)) if j not in (1, row)] for row in rows]
            slack = 1e-6 * np.abs(np.delete(scores, 1)).max()
            expected = [1 + sum(scores[j] >= scores[row] - slack for j in o) for row, o in zip(rows, others)]
            assert ranks.tolist() == expected, (kind, label)
    assert "nothing" in found and ("history" in found) == ("history" in model.views)

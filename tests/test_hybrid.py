"""The hybrid: weights that held-out events confirm, against an oracle; cold users and items; bad members."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmalign_core.recommend import RECOMMENDERS, Interactions, PlacedItems, PlacedQuery, Signal, interactions_of
from mmalign_core.recommend.learning.mixture import simplex
from mmalign_core.recommend.standard_scores import Member
from mmalign_core.types import BadInput
from mmalign_core.vectors import unit_rows

ITEMS = 60


def made(seed: int, *, by_content: float) -> tuple[PlacedItems, Interactions]:
    """Users who keep to one of four topics, which items' places show (by_content 1) or only who met what shows (0)."""
    rng = np.random.default_rng(seed)
    topic = np.arange(ITEMS) % 4
    places = by_content * 3 * np.eye(4)[topic] @ rng.normal(size=(4, 12)) + rng.normal(size=(ITEMS, 12))
    rows = []
    for user in range(80):
        own = np.flatnonzero((topic == user % 4) & (np.arange(ITEMS) < ITEMS - 4))
        rows += [(f"u{user}", f"i{item}") for item in rng.choice(own, 6, replace=False)]
    items = PlacedItems(tuple(f"i{i}" for i in range(ITEMS)), {"text": unit_rows(places)})
    return items, interactions_of(pd.DataFrame(rows, columns=["user_id", "item_id"]), items.ids)


def test_the_weights_go_to_whoever_held_out_events_confirm() -> None:
    for by_content, members in ((0.0, "content,ease:regularisation=5"), (1.0, "popular,content")):
        items, events = made(0, by_content=by_content)
        hybrid = RECOMMENDERS.create("hybrid", members=members).fit(items, events)
        tried, strongest = hybrid.history, members.split(",")[1].split(":")[0]
        assert len(tried) == 11 and hybrid.settled[strongest] > 0.5 and "users on random 20%" in hybrid.settled["why"]
        best = max(tried, key=lambda row: row["ndcg@10"])
        assert {n: w for n, w in hybrid.settled.items() if n != "why"} == pytest.approx(
            {n: w for n, w in best.items() if n != "ndcg@10"}
        )


def test_the_score_is_the_weighted_sum_of_standardised_scores_of_members_fitted_on_all_events() -> None:
    items, events = made(1, by_content=0.5)
    hybrid = RECOMMENDERS.create("hybrid", members="content,ease,popular", mix="1,2,1").fit(items, events)
    assert hybrid.settled == {"content": 0.25, "ease": 0.5, "popular": 0.25, "why": "given"}
    query, expected = PlacedQuery(history=events.history(5), user=5), np.zeros(ITEMS)
    met = events.popularity > 0
    for name, weight in (("content", 0.25), ("ease", 0.5), ("popular", 0.25)):
        scores = RECOMMENDERS.create(name).fit(items, events).score([query])[0]
        if name != "content":
            scores = np.where(met, (scores - scores[met].mean()) / scores[met].std(), 0.0)
        expected += weight * scores
    np.testing.assert_allclose(hybrid.score([query])[0], expected, atol=1e-9)
    shares = hybrid.shares(query, np.arange(ITEMS), "history")
    assert {items.ids[row] for row in query.history} | {"popular"} == set(shares)


def test_new_items_stand_by_content_and_new_users_by_what_they_ask_with() -> None:
    items, events = made(2, by_content=1.0)
    hybrid = RECOMMENDERS.create("hybrid", members="content,ease", mix="0.4,0.6").fit(items, events)
    content = RECOMMENDERS.create("content").fit(items, events)
    cold = np.flatnonzero(events.popularity == 0)
    assert len(cold) == 4
    known = PlacedQuery(history=events.history(3))
    np.testing.assert_allclose(hybrid.score([known])[0, cold], 0.4 * content.score([known])[0, cold])
    asked = PlacedQuery((Signal("text", {"text": items.parts["text"][7]}),))
    np.testing.assert_allclose(hybrid.score([asked]), 0.4 * content.score([asked]))
    only_cold = PlacedQuery(history={int(cold[0]): 1.0})
    np.testing.assert_allclose(hybrid.score([only_cold]), 0.4 * content.score([only_cold]))


def test_too_few_events_to_learn_from_give_even_weights_and_say_so() -> None:
    items, events = made(0, by_content=1.0)
    one = events.take(np.array([0]))
    hybrid = RECOMMENDERS.create("hybrid").fit(items, one)
    assert hybrid.settled["content"] == hybrid.settled["ease"] == 0.5 and "even" in hybrid.settled["why"]
    assert np.isfinite(hybrid.score([PlacedQuery(history={0: 1.0})])).all()


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"members": "content"}, "must be 2 to 4 different"),
        ({"members": "content,content"}, "must be 2 to 4 different"),
        ({"members": "content,hybrid"}, "not hybrid itself"),
        ({"members": "content,easy"}, "unknown recommender 'easy'"),
        ({"members": "content,ease:lambda=3"}, "lambda"),
        ({"mix": "1,a"}, "must be numbers separated by commas"),
        ({"mix": "1"}, "must be 2 numbers from 0"),
        ({"mix": "0,0"}, "must be 2 numbers from 0"),
        ({"mix": "-1,2"}, "must be 2 numbers from 0"),
        ({"mix": "nan,2"}, "must be 2 numbers from 0"),
    ],
)
def test_members_and_mixes_that_cannot_work_are_named(params: dict[str, str], words: str) -> None:
    items, events = made(0, by_content=1.0)
    with pytest.raises(BadInput, match=words):
        RECOMMENDERS.create("hybrid", **params).fit(items, events)


def test_dated_events_are_held_out_by_time_and_their_order_decides_nothing() -> None:
    items, events = made(3, by_content=0.3)
    dated = replace(events, times=np.round(np.random.default_rng(0).random(len(events)), 1))
    first = RECOMMENDERS.create("hybrid").fit(items, dated)
    assert "the last item of each user" in first.settled["why"]
    shuffled = RECOMMENDERS.create("hybrid").fit(items, dated.take(np.random.default_rng(1).permutation(len(dated))))
    assert first.history == shuffled.history and first.settled == shuffled.settled
    half = replace(dated, times=np.where(np.arange(len(dated)) % 2, np.nan, dated.times))
    assert "random 20%" in RECOMMENDERS.create("hybrid").fit(items, half).settled["why"]


def test_every_mix_is_tried_once() -> None:
    mixes = np.array(list(simplex(3, 10)))
    assert len(mixes) == len(np.unique(mixes, axis=0)) == 66
    np.testing.assert_allclose(mixes.sum(axis=1), 1)
    assert mixes.min() >= 0


def test_a_member_that_does_not_tell_items_apart_adds_nothing() -> None:
    items, events = made(0, by_content=1.0)
    ease = Member(RECOMMENDERS.create("ease").fit(items, events), items, events)
    assert not ease.standard([PlacedQuery()]).any()
    assert not any(values.any() for values in ease.shares(PlacedQuery(), np.arange(3), "history").values())

"""Evaluation of recommenders: a brute-force oracle, new items, failures, cancelling and resuming."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmalign_core.recommend import RECOMMENDERS, PlacedItems, interactions_of
from mmalign_core.recommend.methods.random_order import RandomOrder
from mmalign_core.types import BadInput, Cancelled, Collection, EmbeddingSet
from mmalign_core.workflow.evaluation.evaluation import Entry, evaluate
from mmalign_core.workflow.evaluation.trials import SLICES, Protocol, all_places, events_of, trial
from tests.toy_recommenders import ITEMS, Broken, Endless, Stopped, Toy, known_scores, met, places


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    RECOMMENDERS.names()
    for toy in (Toy, Broken, Endless, Stopped):
        monkeypatch.setitem(RECOMMENDERS._members, toy.name, toy)
    Toy.fits.clear()


def one(found: Any, name: str = "toy") -> dict[str, Any]:
    return next(row for row in found.rows if row["recommender"] == name)


@pytest.mark.parametrize("split", ["time", "last", "random"])
@pytest.mark.parametrize("relevant", [None, 3.0])
def test_every_slice_is_that_of_the_oracle(split: str, relevant: float | None) -> None:
    protocol = Protocol(split, 0.3, 5, relevant, seed=2)
    found = evaluate(places(), met(), [Entry("toy")], protocol)
    ready = trial(places(), met(), protocol)
    train, test = ready.split.train, ready.split.test
    assert np.array_equal(Toy.fits[0].matrix.toarray(), train.matrix.toarray())
    cold, expected, row = train.popularity == 0, {name: [] for name in SLICES}, one(found)
    for user in range(len(train.users)):
        seen = set(train.columns[train.rows == user].tolist())
        good = (test.rows == user) & (np.ones(len(test), bool) if relevant is None else test.ratings >= relevant)
        right = set(test.columns[good].tolist())
        if not seen:
            continue
        length = "short" if len(seen) <= ready.facts["short_history"] else "long"
        for name in ("all", length, "warm", "cold", "cold alone"):
            wanted = {i for i in right if name in ("all", length) or cold[i] == name.startswith("cold")}
            if wanted:
                open_items = [i for i in range(24) if i not in seen and (name != "cold alone" or cold[i])]
                expected[name].append(ndcg(known_scores(user, 24), open_items, wanted, right, 5))
    for name, values in expected.items():
        assert (name in row["metrics"]) == bool(values)
        if values:
            assert row["metrics"][name]["ndcg@5"] == pytest.approx(np.mean(values))
            assert row["metrics"][name]["n"] == len(values)
            low, high = row["ci95"][name]["ndcg@5"]
            assert low <= row["metrics"][name]["ndcg@5"] <= high
    assert found.facts["users_measured"] == len(expected["all"])


def ndcg(scores: np.ndarray, open_items: list[int], wanted: set[int], right: set[int], k: int) -> float:
    """Other right answers are no candidates; wrong ones go first among equals."""
    order = sorted((i for i in open_items if i in wanted or i not in right), key=lambda i: (-scores[i], i in wanted))
    gain = sum(1 / math.log2(place + 1) for place, item in enumerate(order[:k], 1) if item in wanted)
    return gain / sum(1 / math.log2(place + 1) for place in range(1, min(k, len(wanted)) + 1))


def test_who_is_left_out_is_counted() -> None:
    ready = trial(places(), met(), Protocol("time", 0.3, relevant=5.0))
    train, test, facts = ready.split.train, ready.split.test, ready.facts
    held = set(test.rows.tolist())
    good = set(test.rows[test.ratings >= 5].tolist())
    assert facts["users_new"] == len(good - set(train.rows.tolist())) > 0
    assert facts["users_measured"] == len(good & set(train.rows.tolist())) > 0
    assert facts["users_without_right_answer"] == len(held - good) > 0
    parts = ("measured", "new", "not_held_out", "without_right_answer")
    assert sum(facts[f"users_{part}"] for part in parts) == facts["users"] and facts["users_not_held_out"] > 0
    assert facts["cold_items"] == 24 - len(set(train.columns.tolist())) and not facts["simulated"]


def test_the_best_first_each_against_it_and_random_order_never_the_best() -> None:
    found = evaluate(places(), met(), [Entry("popular"), Entry("toy"), Entry("content")], Protocol("random", k=3))
    quality = [row["quality"] for row in found.rows]
    assert quality == sorted(quality, reverse=True) and sum(row["baseline"] for row in found.rows) == 1
    best = next(row for row in found.rows if not row["baseline"])
    for row in found.rows:
        if row is not best:
            apart = row["against_best"]["all"]["ndcg@3"]
            assert apart["difference"] == pytest.approx(row["quality"] - best["quality"])
            assert apart["ci95"][0] <= apart["difference"] <= apart["ci95"][1] and 0 < apart["p"] <= 1
    assert best["against_best"] == {}
    json.dumps(found.report(), allow_nan=False, default=float)


def test_the_same_seed_gives_the_same_numbers_and_batches_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = []
    for at_once in (1 << 22, 24 * 3, 1):
        monkeypatch.setattr("mmalign_core.workflow.evaluation.trials.SCORES_AT_ONCE", at_once)
        numbers.append([row["metrics"] for row in evaluate(places(), met(), [Entry("content")], Protocol(seed=5)).rows])
    assert numbers[0] == numbers[1] == numbers[2]


def test_random_order_is_at_chance() -> None:
    users, items = 900, 24
    frame = pd.DataFrame({"user_id": np.repeat(np.arange(users), 2), "item_id": np.tile(ITEMS, users * 2)[: users * 2]})
    found = evaluate(places(), interactions_of(frame, ITEMS), [Entry("popular")], Protocol("last", k=5))
    row = one(found, RandomOrder.name)
    assert found.facts["users_measured"] == users and found.facts["cold_items"] <= items
    assert row["metrics"]["all"]["recall@5"] == pytest.approx(5 / 23, abs=0.05)


def test_one_that_fails_does_not_stop_the_others_and_says_why() -> None:
    seen: list[Mapping[str, Any]] = []
    entries = [Entry("broken"), Entry("endless"), Entry("toy")]
    found = evaluate(places(), met(), entries, publish=seen.append)
    assert one(found, "broken")["error"] == "ZeroDivisionError: by zero"
    assert "finite numbers" in one(found, "endless")["error"] and one(found)["error"] is None
    assert [row["error"] is None for row in found.rows] == [True, True, False, False]
    assert [row["recommender"] for row in seen] == [RandomOrder.name, "broken", "endless", "toy"]


def test_after_a_stop_what_is_done_is_not_done_again() -> None:
    seen: list[Mapping[str, Any]] = []
    with pytest.raises(Cancelled):
        evaluate(places(), met(), [Entry("toy"), Entry("stopped")], publish=seen.append)
    assert [row["recommender"] for row in seen] == [RandomOrder.name, "toy"]
    again = evaluate(places(), met(), [Entry("toy")], finished=seen)
    assert len(Toy.fits) == 1 and one(again)["metrics"] is seen[1]["metrics"]
    evaluate(places(), met(), [Entry("toy")], Protocol(seed=1), finished=seen)
    assert len(Toy.fits) == 2, "another seed is another measurement"


def test_progress_never_falls() -> None:
    told: list[float] = []
    evaluate(places(), met(), [Entry("popular"), Entry("content")], progress=lambda f, _: told.append(f))
    assert told == sorted(told) and told[-1] == 1.0


def test_without_times_chance_parts_the_events() -> None:
    assert trial(places(), met(dated=False), Protocol()).facts["split_kind"] == "random"
    assert trial(places(), met(), Protocol()).facts["split_kind"] == "time"


@pytest.mark.parametrize(
    ("entries", "protocol", "words"),
    [
        ([], Protocol(), "nothing to measure"),
        ([Entry("toy"), Entry("toy")], Protocol(), "named twice"),
        ([Entry("toi")], Protocol(), "did you mean 'toy'"),
        ([Entry("toy", {"x": 1})], Protocol(), "unknown parameter 'x'"),
        ([Entry("toy")], Protocol("week"), "choose one of"),
        ([Entry("toy")], Protocol(test=1.0), "between 0 and 1"),
        ([Entry("toy")], Protocol(k=0), "at least 1"),
        ([Entry("toy")], Protocol(relevant=9), "no held-out rating reaches 9"),
        ([Entry("toy")], Protocol(relevant=float("nan")), "not a number"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_fit(entries: list[Entry], protocol: Protocol, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        evaluate(places(), met(), entries, protocol)
    assert Toy.fits == []


def test_unrated_events_and_users_without_history_are_named() -> None:
    frame = pd.DataFrame({"user_id": ["a", "b"], "item_id": ["i00", "i01"], "timestamp": [1.0, 2.0]})
    with pytest.raises(BadInput, match=r"no user can be measured .* none of these has a history"):
        trial(places(), interactions_of(frame, ITEMS), Protocol("time", 0.5))
    with pytest.raises(BadInput, match="no held-out event has a rating"):
        trial(places(), interactions_of(frame, ITEMS), Protocol("time", 0.5, relevant=4))


def test_places_are_centred_and_items_without_a_medium_stay() -> None:
    vectors = np.array([[5.0, 1], [5, -1], [5, 3]], np.float32)
    rows = EmbeddingSet("text", ("a", "b", "c"), ("1", "2", "3"), vectors, "given")
    frame = pd.DataFrame(index=["a", "b", "c", "d"])
    found = all_places(Collection("four", frame, ()), {"text": rows})
    assert found.ids == ("a", "b", "c", "d") and found.parts["text"][:, 1].tolist() == [0, -1, 1, 0]
    with pytest.raises(BadInput, match="'four' has no interactions; give them with --interactions"):
        events_of(Collection("four", frame, ()))
    stranger = pd.DataFrame({"user_id": ["x"], "item_id": ["z"]})
    with pytest.raises(BadInput, match="its ids look like 'a'"):
        events_of(Collection("four", frame, (), interactions=stranger))


def test_users_are_asked_by_what_they_did_not_rate_lower() -> None:
    table = pd.DataFrame({"user_id": ["a"] * 4 + ["b"] * 4, "item_id": [*ITEMS[:4], *ITEMS[2:6]]})
    events = interactions_of(table.assign(rating=[5, 1, 5, np.nan, 1, 1, 1, 5]), ITEMS)
    ready = trial(PlacedItems(ITEMS, {}), events, Protocol(split="random", test=0.3))
    met, rated = ready.split.train.matrix.toarray(), np.zeros((2, len(ITEMS)))
    rated[ready.split.train.rows, ready.split.train.columns] = ready.split.train.ratings
    for least in (0.0, 3.0):
        for batch in ready.batches(least):
            for query in batch.queries:
                user = query.user or 0
                assert set(query.history) == set(np.flatnonzero((met[user] > 0) & ~(rated[user] < least)))
            np.testing.assert_array_equal(np.unique(batch.seen[1][batch.seen[0] == 0]), np.flatnonzero(met[0]))

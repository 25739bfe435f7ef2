"""Splits of interactions: test pairs never occur in training, time splits go forward, and impossible splits raise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.recommend import Interactions
from mmalign_core.recommend.splits import SPLITS, split_events
from mmalign_core.types import BadInput

NAN = float("nan")


def events(rows: list[tuple[int, int, float]], users: int = 4, items: int = 6) -> Interactions:
    """(user, item, time) in file order."""
    names = tuple(f"u{n}" for n in range(users))
    columns = [np.array([row[at] for row in rows]) for at in range(3)]
    return Interactions(
        names, items, columns[0].astype(np.int64), columns[1].astype(np.int64), np.full(len(rows), NAN),
        columns[2].astype(float),
    )  # fmt: skip


def drawn(seed: int, dated: bool = True) -> Interactions:
    rng = np.random.default_rng(seed)
    many = int(rng.integers(12, 60))
    times = rng.integers(0, 30, many) if dated else np.full(many, NAN)
    return events(list(zip(rng.integers(0, 4, many), rng.integers(0, 6, many), times)))


def pairs(part: Interactions) -> set[tuple[int, int]]:
    return set(zip(part.rows.tolist(), part.columns.tolist()))


@given(st.integers(0, 5_000), st.sampled_from(SPLITS), st.sampled_from([0.2, 0.5]))
def test_no_user_meets_a_training_item_again_and_no_event_is_lost(seed: int, how: str, share: float) -> None:
    whole = drawn(seed)
    split = split_events(whole, how, share, seed)
    assert len(split.train) and len(split.test) and not pairs(split.train) & pairs(split.test)
    assert len(split.train) + len(split.test) + split.left_out == len(whole)
    assert pairs(split.train) | pairs(split.test) == pairs(whole)
    assert split.train.users == split.test.users == whole.users and split.train.items == whole.items
    assert set(np.flatnonzero(split.cold)) == set(range(6)) - set(split.train.columns)


@given(st.integers(0, 5_000))
def test_time_runs_one_way(seed: int) -> None:
    split = split_events(drawn(seed), "time", 0.3)
    assert split.moment is not None and split.train.times.max() < split.moment <= split.test.times.min()


@given(st.integers(0, 5_000), st.booleans())
def test_the_last_meeting_of_each_user_is_measured(seed: int, dated: bool) -> None:
    whole = drawn(seed, dated)
    split = split_events(whole, "last")
    for user in range(4):
        own = [
            (t, place, item)
            for place, (u, item, t) in enumerate(zip(whole.rows, whole.columns, whole.times))
            if u == user
        ]
        first: dict[int, tuple[float, int]] = {}
        for time, place, item in own:
            before = first.get(item, (np.inf, place))
            first[item] = (min(before[0], time if dated else 0.0), min(before[1], place))
        held = {item for u, item in pairs(split.test) if u == user}
        assert held == ({max(first, key=lambda item: first[item])} if len(first) > 1 else set())


def test_random_takes_the_share_and_does_not_see_the_order_of_the_file() -> None:
    whole = drawn(7)
    split = split_events(whole, "random", 0.25, seed=3)
    assert len(pairs(split.test)) == round(0.25 * len(pairs(whole)))
    backwards = whole.take(np.arange(len(whole))[::-1])
    assert pairs(split_events(backwards, "random", 0.25, seed=3).test) == pairs(split.test)
    assert pairs(split_events(whole, "random", 0.25, seed=4).test) != pairs(split.test)


def test_repeats_after_the_moment_are_on_neither_side() -> None:
    rows = [(0, 0, 1), (0, 1, 2), (1, 0, 3), (0, 0, 9), (1, 2, 8), (1, 3, NAN)]
    split = split_events(events(rows), "time", 0.25)
    assert pairs(split.train) == {(0, 0), (0, 1), (1, 0)} and pairs(split.test) == {(1, 2)} and split.left_out == 2


def test_words_say_how_it_was_parted() -> None:
    rows = [(0, 0, 1_365_029_107), (0, 1, 1_366_576_639), (1, 0, NAN), (1, 2, NAN)]
    assert split_events(events(rows), "time", 0.5).words.startswith("everything from 2013-04-21 20:37 UTC on, 50.0%")
    assert "by the order of the file for 1 users" in split_events(events(rows), "last").words
    assert split_events(events(rows[:2]), "last").words.endswith("by time")
    assert "since there are no times" in split_events(events(rows[2:]), "last").words
    assert split_events(events(rows), "random", 0.5, 9).words == "random 50% of all user-item pairs, seed 9"
    years = [(0, 0, 1999), (0, 1, 2004)]
    assert "from 2004 on" in split_events(events(years), "time", 0.5).words


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
def test_moments_in_milliseconds_and_finer_are_told_as_dates(unit: int) -> None:
    rows = [(0, 0, 1_365_029_107 * unit), (0, 1, 1_700_000_000 * unit)]
    assert "from 2023-11-14 22:13 UTC on" in split_events(events(rows), "time", 0.5).words


@pytest.mark.parametrize(
    ("rows", "how", "test", "words"),
    [
        ([(0, 0, 1), (0, 1, 2)], "week", 0.2, "choose one of: time, last, random"),
        ([(0, 0, 1), (0, 1, 2)], "time", 0.0, "between 0 and 1"),
        ([(0, 0, 1), (0, 1, 2)], "random", NAN, "between 0 and 1"),
        ([(0, 0, 1), (0, 0, 2)], "random", 0.2, "cannot be split"),
        ([], "last", 0.2, "0 interactions"),
        ([(0, 0, NAN), (0, 1, NAN)], "time", 0.2, "have no times"),
        ([(0, 0, 5), (0, 1, 5)], "time", 0.2, "one and the same time"),
        ([(0, 0, 1), (1, 1, 2)], "last", 0.2, "no user has two different items"),
    ],
)
def test_what_cannot_be_parted_is_said(rows: list, how: str, test: float, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        split_events(events(rows), how, test)

"""Splits of interactions into training and test events. All events of a user with an item are on the same side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from mmalign_core.recommend.interactions import Interactions
from mmalign_core.types import BadInput
from mmalign_core.wording import say, say_list

SPLITS = ("time", "last", "random")


@dataclass(frozen=True)
class EventSplit:
    """`train` and `test` have the same users and items. No user has an item on both sides.

    `words`: description of the split. `moment`: for a split by time, the first second of the test. `left_out`: number
    of events on neither side, because they repeat a pair of the training or have no time.
    """

    train: Interactions
    test: Interactions
    words: str
    moment: float | None = None
    left_out: int = 0

    @property
    def cold(self) -> np.ndarray:
        """(items,) bool: items without training events."""
        return self.train.popularity == 0


def split_events(events: Interactions, how: str = "time", test: float = 0.2, seed: int = 0) -> EventSplit:
    """Return the split by one of SPLITS. BadInput gives the reason if it is impossible.

    random: a share `test` (0..1) of all (user, item) pairs, drawn with `seed`.
    last: the item that each user with at least two items met last, by the time of the first meeting. Equal times, and
    users with an event without a time, go by the order of the file.
    time: one moment for all users, chosen so that the share of pairs after it is nearest to `test`. The time of a pair
    is that of its first event. Later events of a pair before the moment are on neither side.
    """
    if how not in SPLITS:
        raise BadInput(say("unknown split '{how}'; choose one of: {splits}", how=how, splits=say_list(SPLITS)))
    if how != "last" and not 0 < test < 1:
        raise BadInput(say("the share to measure is {test:g}; give one between 0 and 1, such as 0.2", test=test))
    if len(np.unique(_pairs(events))) < 2:
        raise BadInput(say("{n} interactions with the collection's items cannot be split; give more", n=len(events)))
    if how == "random":
        return _random(events, test, seed)
    return _last(events) if how == "last" else _by_time(events, test)


def _random(events: Interactions, test: float, seed: int) -> EventSplit:
    pairs, of_event = np.unique(_pairs(events), return_inverse=True)
    many = min(max(1, round(test * len(pairs))), len(pairs) - 1)
    held = np.zeros(len(pairs), bool)
    held[np.random.default_rng(seed).permutation(len(pairs))[:many]] = True
    words = say("random {test:.0%} of all user-item pairs, seed {seed}", test=test, seed=seed)
    return EventSplit(events.take(~held[of_event]), events.take(held[of_event]), words)


def _last(events: Interactions) -> EventSplit:
    first, of_event, times = _first_meetings(events)
    users, undated = events.rows[first], np.zeros(len(events.users), bool)
    undated[events.rows[np.isnan(events.times)]] = True
    order = np.lexsort((first, np.where(undated[users], 0.0, times), users))
    ends = np.append(users[order][1:] != users[order][:-1], True)
    several = np.bincount(users, minlength=len(events.users)) > 1
    held = np.zeros(len(first), bool)
    held[order[ends & several[users[order]]]] = True
    if not held.any():
        raise BadInput(
            say("no user has two different items, so no last one can be held out; use --split random or time")
        )
    words = say(
        "the last item of each user with at least two, {order_words}",
        order_words=_order_words(undated[np.unique(users)]),
    )
    return EventSplit(events.take(~held[of_event]), events.take(held[of_event]), words)


def _order_words(undated: np.ndarray) -> str:
    if not undated.any():
        return say("by time")
    if undated.all():
        return say("by the order of the file, since there are no times")
    return say("by time, or by the order of the file for {sum:,} users with undated events", sum=undated.sum())


def _by_time(events: Interactions, test: float) -> EventSplit:
    _, of_event, times = _first_meetings(events)
    dated = np.sort(times[~np.isnan(times)])
    moments = np.unique(dated)
    if len(moments) < 2:
        what = say("no times") if not len(moments) else say("one and the same time for all")
        raise BadInput(
            say("the interactions have {what}, so no time splits them; use the split 'random' or 'last'", what=what)
        )
    held = len(dated) - np.searchsorted(dated, moments[1:])
    cut = float(moments[1:][np.abs(held - test * len(dated)).argmin()])
    train, measured = events.times < cut, times[of_event] >= cut
    words = say(
        "everything from {date} on, {count_nonzero:.1%} of the user-item pairs",
        date=_date(cut),
        count_nonzero=np.count_nonzero(dated >= cut) / len(dated),
    )
    aside = int(np.count_nonzero(~train & ~measured))
    return EventSplit(events.take(train), events.take(measured), words, cut, aside)


def _pairs(events: Interactions) -> np.ndarray:
    """Return (e,): a unique number for each pair of user and item."""
    return events.rows.astype(np.int64) * events.items + events.columns


def _first_meetings(events: Interactions) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each pair the number of its first event in the file (p,), for each event its pair (e,), and for each
    pair its earliest time (p,), NaN if it has none."""
    _, first, of_event = np.unique(_pairs(events), return_index=True, return_inverse=True)
    times = np.full(len(first), np.nan)
    np.fmin.at(times, of_event, events.times)
    return first, of_event, times


def _date(moment: float) -> str:
    """Return a Unix time, in seconds, ms, µs or ns, as a date; any other number (a year) unchanged."""
    for unit in (1, 10**3, 10**6, 10**9):
        if 10**8 <= moment / unit < 10**10:
            return f"{datetime.fromtimestamp(moment / unit, UTC):%Y-%m-%d %H:%M} UTC"
    return f"{moment:.16g}"

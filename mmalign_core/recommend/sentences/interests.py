"""What sets a user's items apart: words and metadata they share more often than chance would have it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mmalign_core.recommend.sentences.claims import Claims, Value
from mmalign_core.recommend.sentences.facts import short

MOST = 5
"""Words that a sentence about interests names. Our choice."""
_LEAST_EXCESS = 2.0
"""Standard deviations above the number expected of as many items drawn by chance: the usual bound of 95%."""


@dataclass(frozen=True)
class Interests:
    """`words`: a word or value of the metadata and how many of the user's `met` items have it, most telling first."""

    met: int
    words: tuple[tuple[str, int], ...]

    @property
    def claims(self) -> Claims:
        """What a sentence about them may say."""
        values = [Value("total", self.met), *(Value("count", count, word) for word, count in self.words)]
        return Claims(values, names={word: word for word, _ in self.words})

    @property
    def sentence(self) -> str:
        """The template: the words and their counts."""
        whose = f"the {self.met} items met" if self.met != 1 else "the 1 item met"
        if not self.words:
            return f"Of {whose}, none share words or metadata more often than chance would have it."
        named = [f"“{word}” ({count})" for word, count in self.words]
        listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
        return f"Among {whose}, more than usual are about {listed}."


def interests_of(
    background: Mapping[str, Collection[str]], history: Sequence[Collection[str]], most: int = MOST
) -> Interests:
    """The words that most telling many items of the `history` have, against the items of the `background`.

    Both hold one set of words an item. A word counts when at least two items of the history have it and they are more
    than two standard deviations above the number expected of as many items drawn from the background (a binomial
    approximation, the background's share smoothed by one half).
    """
    everywhere = Counter(word for words in background.values() for word in set(words))
    own = Counter(word for words in history for word in set(words))
    found = []
    for word, count in own.items():
        share = min((everywhere[word] + 0.5) / (len(background) + 1.0), 1.0)
        expected = len(history) * share
        excess = (count - expected) / math.sqrt(max(expected * (1 - share), 1e-9))
        if count >= 2 and excess > _LEAST_EXCESS:
            found.append((excess, count, short(word)))
    best = sorted(found, key=lambda row: (-row[0], -row[1], row[2]))[:most]
    return Interests(len(history), tuple((word, count) for _, count, word in best))

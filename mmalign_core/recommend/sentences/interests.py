"""A user's interests: words and metadata that occur more often among the user's items than among random ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mmalign_core.recommend.sentences.claims import Claims, Value
from mmalign_core.recommend.sentences.facts import short
from mmalign_core.wording import say

MOST = 5
"""Most words that a sentence about interests names. Our choice."""
_LEAST_EXCESS = 2.0
"""Standard deviations above the expected number for as many random items: the usual bound of 95%."""


@dataclass(frozen=True)
class Interests:
    """`words`: word or metadata value -> how many of the user's `met` items have it, most significant first."""

    met: int
    words: tuple[tuple[str, int], ...]

    @property
    def claims(self) -> Claims:
        """All that a sentence about the interests may state."""
        values = [Value("total", self.met), *(Value("count", count, word) for word, count in self.words)]
        return Claims(values, names={word: word for word, _ in self.words})

    @property
    def sentence(self) -> str:
        """The sentence of the template: the words and their counts."""
        whose = say("the {met} items met", met=self.met) if self.met != 1 else say("the 1 item met")
        if not self.words:
            return say("Of {whose}, none share words or metadata more often than expected by chance.", whose=whose)
        named = [f"“{word}” ({count})" for word, count in self.words]
        listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
        return say("Among {whose}, more than usual are about {listed}.", whose=whose, listed=listed)


def interests_of(
    background: Mapping[str, Collection[str]], history: Sequence[Collection[str]], most: int = MOST
) -> Interests:
    """Return the most significant words of the `history` compared with the `background`.

    Both hold one set of words per item. A word counts if at least two items of the history have it, and if their number
    is more than two standard deviations above the expected number for as many items drawn from the background (a
    binomial approximation; the background's share is smoothed by one half).
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

"""What an explanation of one recommendation holds, as plain data: all that a sentence about it may say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mmalign_core.recommend.sentences.claims import Claims, Value
from mmalign_core.recommend.sentences.plain_words import LABEL_WORDS

SHORT = 60
"""Characters of a title as sentences show it."""


@dataclass(frozen=True)
class Facts:
    """One recommendation. `shares`: label -> what it adds to the `score`; labels that are modalities are named so,
    those in `titles` (items of a history) by their titles, others as they are.

    `met`: item of the history -> its share, where `shares` is another way to take the score apart; `without`: label ->
    rank without it. `asked`: what it was compared with, in words.
    """

    title: str
    rank: int
    score: float
    shares: Mapping[str, float]
    met: Mapping[str, float] = field(default_factory=dict)
    without: Mapping[str, int] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    asked: str = "what was asked for"

    @property
    def claims(self) -> Claims:
        """What a sentence about it may say; the template's sentences pass as any other."""
        labels = [*self.shares, *self.met, *self.without]
        values = [Value("rank", self.rank), Value("share", self.score, "score")]
        values += [Value("share", v, label) for shares in (self.shares, self.met) for label, v in shares.items()]
        values += [Value("without", rank, label) for label, rank in self.without.items()]
        return Claims(values, self._names(labels), self._words(labels))

    def _names(self, labels: list[str]) -> dict[str, str]:
        named = {label: short(self.titles[label]) for label in labels if label in self.titles}
        return {"item": short(self.title), **named}

    def _words(self, labels: list[str]) -> dict[str, tuple[str, ...]]:
        found = {"score": ("score",)}
        for label in labels:
            if label not in self.titles:
                found[label] = LABEL_WORDS.get(label) or (short(label),)
        return found


def short(title: str) -> str:
    """A title as sentences show it: one line of printable characters, cut where it is long. Titles are data."""
    line = " ".join("".join(c if c.isprintable() and not "\ue000" <= c <= "\uf8ff" else " " for c in title).split())
    return line if len(line) <= SHORT else line[: SHORT - 1].rstrip() + "…"

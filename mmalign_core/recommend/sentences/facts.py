"""The facts of one recommendation as plain data, and the template that makes a sentence of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mmalign_core.recommend.sentences.claims import LABEL_WORDS, Claims, Value
from mmalign_core.wording import say, say_list, say_many, say_word

SHORT = 60
"""Characters of a title in a sentence. Our choice: about ten words."""
_PHRASES = {
    "content": say("it is near to {query}"),
    "ease": say("it goes with the items met"),
    "popularity": say("it was met more than the average item"),
}
"""Label of a recommender or control -> what its positive share says about the item."""


@dataclass(frozen=True)
class Facts:
    """The facts of one recommendation.

    `shares`: label -> share of the `score`. Labels are shown as modality names, as titles of items in `titles`, or
    unchanged. `met`: item of the history -> its share, if `shares` has another view. `asked`: part of the query -> its
    share; `unlike`: those of them with a negative weight. `without`: label -> rank without it. `query`: the query in
    words.
    """

    title: str
    rank: int
    score: float
    shares: Mapping[str, float]
    met: Mapping[str, float] = field(default_factory=dict)
    without: Mapping[str, int] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    query: str = say("what was asked for")
    asked: Mapping[str, float] = field(default_factory=dict)
    unlike: frozenset[str] = frozenset()

    @property
    def claims(self) -> Claims:
        """All that a sentence about it may state. The sentences of the template pass this check too."""
        every = (self.shares, self.met, self.asked)
        labels = [*(label for shares in every for label in shares), *self.without]
        values = [Value("rank", self.rank), Value("share", self.score, "score")]
        values += [Value("share", v, label) for shares in every for label, v in shares.items()]
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
    """Return a title for a sentence: one line of printable characters, cut if it is long. Titles are untrusted data."""
    line = " ".join("".join(c if c.isprintable() and not "\ue000" <= c <= "\uf8ff" else " " for c in title).split())
    return line if len(line) <= SHORT else line[: SHORT - 1].rstrip() + "…"


MOST = 3
"""Most labels named in each direction. Our choice: the bars of a page show all of them."""


def reason(contributions: Mapping[str, float]) -> str:
    """Return a sentence about the contributions alone: positive ones, then negative ones, strongest first."""
    return sentence(Facts("", 1, sum(contributions.values()), contributions))


def sentence(facts: Facts) -> str:
    """Return the sentence: positive and negative shares, parts of the query, the strongest history item, the rank
    without a part."""
    ordered = sorted(facts.shares.items(), key=lambda pair: -pair[1])
    helping = [pair for pair in ordered if pair[1] >= _least(facts)]
    against = [pair for pair in reversed(ordered) if pair[1] <= -_least(facts)]
    parts: list[str] = [say("Because {why}", why=_for(facts, helping))] if helping else []
    parts += [say("against it: {parts}", parts=_list(facts, against))] if helping and against else []
    parts = parts or [_only_against(facts, against)]
    return say("{clauses}.", clauses=say_list([*parts, *_asked(facts), *_met(facts), *_without(facts)], "; "))


def _only_against(facts: Facts, against: Sequence[tuple[str, float]]) -> str:
    """Return the clause for an item without positive shares: other items have lower scores."""
    if not against:
        return say("It is placed here by its score alone")
    return say(
        "It is placed here because less counts against it than against others: {parts}", parts=_list(facts, against)
    )


def _for(facts: Facts, helping: Sequence[tuple[str, float]]) -> str:
    """Return the clauses of positive shares: modalities, then items of a history, then other labels."""
    own = [pair for pair in helping if pair[0] in LABEL_WORDS and pair[0] not in facts.titles]
    met = [pair for pair in helping if pair[0] in facts.titles]
    rest = [pair for pair in helping if pair not in own and pair not in met]
    clauses = []
    if own:
        clauses.append(
            say_many(
                "its {parts} is nearer to {query} than the average item",
                "its {parts} are nearer to {query} than the average item",
                n=len(own), parts=_list(facts, own), query=facts.query,
            )
        )  # fmt: skip
    if met:
        clauses.append(say("it goes with {parts}", parts=_list(facts, met)))
    told = [pair for pair in rest[:MOST] if pair[0] in _PHRASES]
    clauses += [
        say(
            "{phrase} ({name} {number})",
            phrase=say(str.__str__(_PHRASES[label]), query=facts.query),
            name=_name(facts, label),
            number=_number(facts, value),
        )
        for label, value in told
    ]
    rest = [pair for pair in rest if pair not in told]
    if rest:
        parts = _list(facts, rest)
        clauses.append(say_many("{parts} adds to its score", "{parts} add to its score", n=len(rest), parts=parts))
    return say_list(clauses, ", and ")


def asked_clause(facts: Facts) -> str:
    """Return which part of the query raises the score most, and which others do; '' for a query of one part.

    A part with a negative weight raises what is farther from it than the average item.
    """
    helping = sorted((pair for pair in facts.asked.items() if pair[1] >= _least(facts)), key=lambda pair: -pair[1])
    if len(facts.asked) < 2 or not helping:
        return ""
    why = say(" since others are nearer to that") if helping[0][0] in facts.unlike else ""
    rest = say(", then {parts}", parts=_list(facts, helping[1:])) if helping[1:] else ""
    return say("of the query, {parts} counts most{why}{rest}", parts=_list(facts, helping[:1]), why=why, rest=rest)


def _asked(facts: Facts) -> list[str]:
    """Return the clauses about the parts of a query of several parts: for the item, then against it."""
    against = sorted((pair for pair in facts.asked.items() if pair[1] <= -_least(facts)), key=lambda pair: pair[1])
    if len(facts.asked) < 2:
        return []
    clauses = [asked_clause(facts)] + (
        [say("in the query against it: {parts}", parts=_list(facts, against))] if against else []
    )
    return [clause for clause in clauses if clause]


def _met(facts: Facts) -> list[str]:
    best = max(facts.met.items(), key=lambda pair: pair[1], default=("", 0.0))
    if best[1] < _least(facts) or len(facts.met) < 2:
        return []
    return [
        say(
            "of the items asked with or met, {name} ({number}) counts most",
            name=_name(facts, best[0]),
            number=_number(facts, best[1]),
        )
    ]


def _without(facts: Facts) -> list[str]:
    """Return the clause about the part without which the rank falls most, or [] if the rank falls without none."""
    worst = max(facts.without.items(), key=lambda pair: pair[1], default=("", 0))
    if worst[1] <= facts.rank:
        return []
    own = say("its ") if worst[0] in LABEL_WORDS and worst[0] not in facts.titles else ""
    return [say("without {own}{name} it would be rank {worst}", own=own, name=_name(facts, worst[0]), worst=worst[1])]


def _list(facts: Facts, pairs: Sequence[tuple[str, float]]) -> str:
    """Return “A” (+0.52), “B” (+0.31) and others."""
    shown: list[str] = [
        say("{name} ({number})", name=_name(facts, label), number=_number(facts, value))
        for label, value in pairs[:MOST]
    ]
    shown += [say("others")] * (len(pairs) > MOST)
    return shown[0] if len(shown) == 1 else say_list([say_list(shown[:-1]), shown[-1]], " and ")


def _number(facts: Facts, value: float) -> str:
    return signed(value, _places(facts))


def signed(value: float, places: int = 2) -> str:
    """Return the number with its sign, a true minus; a number that rounds to 0 has no sign."""
    digits = f"{abs(value):.{places}f}"
    return digits if not float(digits) else ("−" if value < 0 else "+") + digits


def decimals(largest: float) -> int:
    """Return the decimal places that show two digits of the largest value: some recommenders' scores are small."""
    return min(max(2, 1 - math.floor(math.log10(largest))), 6) if largest else 2


def _places(facts: Facts) -> int:
    return decimals(max(map(abs, (*facts.shares.values(), *facts.met.values(), *facts.asked.values())), default=0.0))


def _least(facts: Facts) -> float:
    """Return the smallest share that is named: smaller ones would be shown as 0."""
    return 0.5 / 10 ** _places(facts)


def _name(facts: Facts, label: str) -> str:
    if label in facts.titles:
        return f"“{short(facts.titles[label])}”"
    return say_word(LABEL_WORDS.get(label, (short(label),))[0])

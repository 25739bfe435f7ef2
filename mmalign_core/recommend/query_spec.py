"""The specification of a query: texts, files, items and users with weights, and settings of the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from numbers import Integral
from os import PathLike
from typing import Any, Self

from mmalign_core.data.names import file_words, shown
from mmalign_core.types import BadInput
from mmalign_core.wording import say, say_list

FILES = {"image": "picture", "audio": "sound", "video": "video"}
"""Kinds of query parts that name a file, and the word for the content of the file."""
MEDIA = ("text", *FILES)
KINDS = (*MEDIA, "item", "user")
WORDS = {
    "text": say("a text"),
    **{kind: f"a {held}" for kind, held in FILES.items()},
    "item": say("an item"),
    "user": say("a user"),
}
MOST_WEIGHT = 1000.0
"""Largest weight. A larger one hides all others, and rounding errors appear in the shares (checked by the tests)."""
_LABEL = 40
"""Characters of a text that a label shows: it fits on one line of a chart's legend."""


@dataclass(frozen=True)
class QueryPart:
    """One part of a query. `kind`: one of KINDS. `value`: the text, a file's path, or an id.

    A negative `weight` prefers items unlike it. BadInput for another kind, or a weight beyond MOST_WEIGHT.
    """

    kind: str
    value: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadInput(
                say("a part of a query is one of {kinds}; not '{kind}'", kinds=say_list(KINDS), kind=self.kind)
            )
        if not abs(self.weight) <= MOST_WEIGHT:
            raise BadInput(
                say(
                    "the weight of {words} is {weight:g}; give a number from -{most_weight:g} to {most_weight:g}, "
                    "below 0 for 'not this'",
                    words=WORDS[self.kind],
                    weight=self.weight,
                    most_weight=MOST_WEIGHT,
                )
            )


@dataclass(frozen=True)
class QuerySpec:
    """A query as given by a user; `QuerySpec.of(text="a sea animal", k=5)` is the short form.

    `parts`: at least one with a weight other than 0. `weights`: modality -> weight, None for equal ones. `where`:
    conditions on items, see `allowed_items`. `k`: number of items. `diversity` 0..1 and `popularity` -1..1: see
    `Controls`. `include_seen`: whether items that a user of the query has met may be recommended.
    BadInput if the query has no part, only weights of 0, or k below 1.
    """

    parts: tuple[QueryPart, ...]
    weights: Mapping[str, float] | None = None
    where: tuple[str, ...] = ()
    k: int = 10
    diversity: float = 0.0
    popularity: float = 0.0
    include_seen: bool = False

    def __post_init__(self) -> None:
        if not self.parts:
            raise BadInput(say("ask with at least one of: {values}", values=say_list(WORDS.values())))
        if not any(part.weight for part in self.parts):
            raise BadInput(say("every part of the query has the weight 0; give at least one a weight above or below 0"))
        if self.k < 1:
            raise BadInput(say("-k {k}: ask for at least 1 item", k=self.k))

    @classmethod
    def of(
        cls,
        *parts: QueryPart,
        text: str | None = None,
        image: str | None = None,
        audio: str | None = None,
        video: str | None = None,
        item: str | None = None,
        user: str | None = None,
        **settings: Any,
    ) -> Self:
        """A query for the things given by name, each with weight 1, and more `parts`; `settings`: the other fields.

        BadInput for an array: a query has no vector of its own.
        """
        named = {"text": text, "image": image, "audio": audio, "video": video, "item": item, "user": user}
        found = [QueryPart(kind, _plain(kind, value)) for kind, value in named.items() if value is not None]
        return cls((*found, *parts), **settings)

    @property
    def labels(self) -> tuple[str, ...]:
        """A different name for each part: its kind, with what it says where several are of that kind."""
        many, seen, found = Counter(part.kind for part in self.parts), Counter[str](), []
        for part in self.parts:
            label = part.kind if many[part.kind] == 1 else f"{part.kind} {_short(part)}"
            seen[label] += 1
            found.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
        return tuple(found)

    def mixed(self, mix: Sequence[float]) -> Self:
        """Return the query with these weights of its parts, in order. BadInput unless there is one for each part."""
        if len(mix) != len(self.parts):
            raise BadInput(
                say(
                    "the mix has {n} weights for {parts} parts of the query; give one each",
                    n=len(mix),
                    parts=len(self.parts),
                )
            )
        parts = tuple(replace(part, weight=float(weight)) for part, weight in zip(self.parts, mix))
        return replace(self, parts=parts)

    @property
    def as_json(self) -> dict[str, Any]:
        """The query as `recommend --json` prints it: {kind: value} for one part with weight 1, else every part."""
        if len(self.parts) == 1 and self.parts[0].weight == 1:
            return {self.parts[0].kind: self.parts[0].value}
        return {"wishes": [asdict(part) for part in self.parts]}


def _plain(kind: str, value: Any) -> str:
    """The text, path or id as a text; BadInput for anything else."""
    if isinstance(value, str | PathLike | Integral):
        return str(value)
    raise BadInput(
        say(
            "{kind}: {given} is not {wanted}; ask by a text, a file's path or an id, such as item='3' for "
            "what lies near a row of your own vectors",
            kind=kind,
            given=type(value).__name__,
            wanted=WORDS[kind],
        )
    )


def _short(part: QueryPart) -> str:
    if part.kind in FILES:
        return file_words(part.value, FILES[part.kind])
    words = shown(part.value)
    return f"“{words if len(words) <= _LABEL else words[: _LABEL - 1] + '…'}”"

"""The content of an exported page as plain values for its template: the query, items with bars and maps, and facts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mmalign_core.data.titles import item_titles, one_line
from mmalign_core.recommend import QueryPart
from mmalign_core.recommend.query import HISTORY
from mmalign_core.recommend.query_spec import FILES
from mmalign_core.recommend.sentences.facts import decimals
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media, Recommendation
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.export.drawn_maps import drawn_map
from mmalign_core.workflow.export.films import film_strip
from mmalign_core.workflow.export.media_uris import picture_uri, sound_uri
from mmalign_core.workflow.export.share_bars import bars, largest_share
from mmalign_core.workflow.recommendation.answers import Answer
from mmalign_core.workflow.recommendation.reasons import Reasons
from mmalign_core.workflow.recommendation.sentences import Sentence

if TYPE_CHECKING:
    from mmalign_core.workflow.explanation.answers import RecommendationMaps

PIXELS, MOST_MEDIA, MOST_LETTERS, LONGEST_TITLE = 320, 2, 500, 160
"""Width of a picture, media of one modality, characters of a text and of a title. Our choices, by eye."""
WORDS = {
    "modality": say("By modality"),
    "signal": say("By part of the query"),
    "history": say("By item of the query or history"),
    "recommender": say("By recommender"),
    "popularity": say("By popularity"),
    "taste": say("By taste"),
}
MEDIA_WORDS = {"text": "text", "image": "picture", "audio": "sound", "video": "video"}
CREDITS = ("credit", "creator", "author", "attribution", "licence", "license", "source", "url")


class Sheet:
    """One answer of one run, prepared for the template."""

    def __init__(self, run: Run, answer: Answer, why: Sequence[Reasons], settings: Settings) -> None:
        self.run, self.answer, self.settings = run, answer, settings
        shares = [found.contributions for found in answer.results]
        self._scale = largest_share(shares + [view for one in why for view in one.views.values()])

    @property
    def title(self) -> str:
        """The query, on one line."""
        query = " + ".join(f"{'not ' if p.weight < 0 else ''}{self._name(p)}" for p in self.answer.query.parts)
        return one_line(say("Recommended for: {query}", query=query))

    def query_part(self, part: QueryPart) -> dict[str, Any]:
        """Return a part of the query with its medium, or the title and media of its item."""
        kind = MEDIA_WORDS.get(part.kind, part.kind)
        found = {"kind": kind, "weight": part.weight, "title": self._name(part), "id": ""}
        if part.kind in FILES:
            return found | self._media([Media("query", part.kind, "", path=os.path.expanduser(part.value))])
        if part.kind == "item":
            return found | self._media(self._of(part.value), known=found["title"]) | {"id": part.value}
        return found | self._media([])

    def item(
        self,
        found: Recommendation,
        why: Reasons | None,
        maps: RecommendationMaps | None,
        sentence: Sentence | None,
    ) -> dict[str, Any]:
        """Return one recommended item: its media, the parts of its score, its counterfactual ranks, and maps."""
        row = self.run.collection.items.loc[found.id]
        credits = [f"{name}: {one_line(row[name])}" for name in CREDITS if name in row and _is_given(row[name])]
        return {
            "rank": found.rank,
            "id": found.id,
            "title": one_line(self._titles[found.id], LONGEST_TITLE),
            "score": f"{found.score:.{decimals(self._scale)}f}".replace("-", "−"),
            "reason": found.reason,
            "sentence": sentence and {"text": sentence.text, "author": sentence.author},
            "bars": self._bars(self.answer.model.views[0], self.answer.held_shares(found)),
            "views": self._views(why) if why else [],
            "without": self._without(why) if why else [],
            "maps": [drawn_map(self.run, each) for each in maps.maps] if maps else [],
            "map_notes": maps.notes if maps else (),
            "credits": credits,
            **self._media(self._of(found.id), known=self._titles[found.id]),
        }

    def facts(self, moment: str) -> list[tuple[str, str]]:
        """Return the settings of this answer as (name, value) lines."""
        answer, run = self.answer, self.run
        weights = ", ".join(f"{m} {w:.2f}" for m, w in answer.placed.weights.items())
        made = [f"{m}: {source}" for m, source in run.encoders.items()]
        held = say("{name}, {n:,} items with a place", name=run.collection.name, n=len(answer.items.ids))
        facts = [
            (say("Collection"), held),
            (say("Recommender"), f"{answer.model.name}{_assigned(answer.model.params)}"),
            (say("Weights of modalities"), weights),
            (say("Aligner"), f"{run.aligner.name}{_assigned(run.aligner.params)}"),
            (say("Encoders"), "; ".join(made)),
        ]
        if answer.model.settled:
            facts.append(
                (say("Learned"), ", ".join(_setting(name, value) for name, value in answer.model.settled.items()))
            )
        order = {"diversity": answer.query.diversity, "popularity": answer.query.popularity}
        facts += [(name.capitalize(), f"{value:g}") for name, value in order.items() if value]
        if answer.allowed is not None:
            facts.append(
                (
                    say("Filtered"),
                    say("{sum:,} of {n:,} items could be found", sum=int(answer.allowed.sum()), n=len(answer.allowed)),
                )
            )
        if answer.interactions is not None:
            users = answer.interactions.users
            kind = say("simulated users") if users and all(u.startswith("simulated") for u in users) else "users"
            facts.append((say("Interactions"), f"{len(answer.interactions):,} by {len(users):,} {kind}"))
        return [*facts, (say("Made"), moment)]

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        return item_titles(self.run.collection)

    @cached_property
    def _held(self) -> Mapping[str, list[Media]]:
        found: dict[str, list[Media]] = {}
        for medium in self.run.collection.media:
            found.setdefault(medium.item, []).append(medium)
        return found

    def _of(self, item: str) -> list[Media]:
        return self._held.get(item, [])

    def _name(self, part: QueryPart) -> str:
        if part.kind == "item":
            return one_line(self._titles.get(part.value, part.value), LONGEST_TITLE)
        return f"a {FILES[part.kind]}" if part.kind in FILES else one_line(part.value)

    def _media(self, media: Sequence[Media], known: str = "") -> dict[str, Any]:
        """Return the first few of each modality, without texts equal to `known`, and a line for each not shown."""
        found: dict[str, Any] = {"pictures": [], "films": [], "sounds": [], "texts": [], "missing": []}
        read: dict[str, tuple[str, Callable[[Media], Any]]] = {
            "image": ("pictures", lambda m: picture_uri(m.path or "", PIXELS, self.settings)),
            "video": ("films", lambda m: film_strip(m.path or "", self.settings)),
            "audio": ("sounds", sound_uri),
            "text": ("texts", lambda m: _cut(m.text or "")),
        }
        for modality, (name, show) in read.items():
            for medium in [m for m in media if m.modality == modality and (m.text or "?").strip() != known][
                :MOST_MEDIA
            ]:
                try:
                    found[name].append(show(medium))
                except BadInput as error:
                    found["missing"].append(str(error))
        return found

    def _views(self, why: Reasons) -> list[dict[str, Any]]:
        """Return the other decompositions of the score, if they differ from those before."""
        shown_already = [sorted(shares.values()) for shares in list(why.views.values())[:1]]
        views = []
        rest = list(why.views.items())[1:]
        for view, shares in reversed(rest) if self.answer.placed.history else rest:
            values = sorted(shares.values())
            if len(values) > 1 and values not in shown_already:
                shown_already.append(values)
                views.append({"name": WORDS.get(view, view), "bars": self._bars(view, shares)})
        return views

    def _bars(self, view: str, shares: Mapping[str, float]) -> list[dict[str, Any]]:
        """Return the bars. Only modalities of items have colours: those of the query are something else."""
        found = bars(self._by_title(view, shares), self._scale)
        return found if view == "modality" else [bar | {"colour": "var(--quiet)"} for bar in found]

    def _by_title(self, view: str, shares: Mapping[str, float]) -> dict[str, float]:
        if view != "history":
            named = {HISTORY: say("items and users of the query")}
            return {named.get(label, label): value for label, value in shares.items()}
        found: dict[str, float] = {}
        for label, value in shares.items():
            name = one_line(self._titles.get(label, label))
            found[name if name not in found else f"{name} ({label})"] = value
        return found

    def _without(self, why: Reasons, most: int = 5) -> list[str]:
        """Return one sentence for each of the parts with the largest effect on the rank."""
        ranks = [(kind, label, rank) for kind, by in why.without.items() for label, rank in by.items()]
        ranks = sorted((r for r in ranks if r[2] != why.rank), key=lambda r: -abs(r[2] - why.rank))[:most]
        return [
            say("Without {part} it would stand at rank {rank:,}.", part=self._part(kind, label), rank=rank)
            for kind, label, rank in ranks
        ]

    def _part(self, kind: str, label: str) -> str:
        """Return the part in words: a modality of the items, a text or file of the query, or an item of the history."""
        if kind == "modality":
            return say("the items' {get}s", get=MEDIA_WORDS.get(label, label))
        if kind == "signal":
            return say("the query's {get}", get=MEDIA_WORDS.get(label, one_line(label)))
        return f"“{one_line(self._titles.get(label, label))}”"


def _cut(text: str) -> str:
    """Return the non-empty lines, up to the limit of characters."""
    whole = "\n".join(line for line in map(one_line, text.splitlines()) if line)
    return whole if len(whole) <= MOST_LETTERS else f"{whole[: MOST_LETTERS - 1].rstrip()}…"


def _setting(name: str, value: Any) -> str:
    return f"{name} {value:.3f}" if isinstance(value, float) else f"{name}: {value}"


def _assigned(params: Mapping[str, Any]) -> str:
    given = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in params.items())
    return f" ({given})" if given else ""


def _is_given(value: Any) -> bool:
    return str(value).strip() not in ("", "nan", "None", "NaT", "<NA>")

"""A second right answer: what was chosen is as good as the answer that counts as right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from mmalign_core.data.duplicates import Fingerprint, fingerprint, near_pictures, normalised_text
from mmalign_core.data.media.images import decode_image
from mmalign_core.data.titles import one_line
from mmalign_core.scoring.decision import distinct_vectors
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.triage.causes.base import LONGEST_TEXT, Cause, CauseFinder, Context, Evidence, register
from mmalign_core.types import BadInput, EmbeddingSet, Media
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say, say_word

_SAMPLE = 500
"""Pictures whose nearest neighbours tell how near distinct pictures lie; our choice: a median needs no more."""
_SHARE = 1 / 3
"""Of the typical distance to the nearest other picture, how far near duplicates may lie apart.

Measured with efficientnet-lite0 on 406 drawings: it keeps 95% of their copies saved again as JPEG (quality 40 to 75)
and half of those at half the size, and drops the only pair that the hashes take for copies, a hammer and an axe.
"""
_SMALL = (64, 64)
"""Pixels that a JPEG keeps when it is decoded at reduced scale: twice the side of a fingerprint's thumbnail."""


@register("second_right_answer")
class SecondRightAnswer(CauseFinder):
    """The chosen candidate nearly equals the right one, or its own partner nearly equals the query.

    Texts are equal without case and punctuation. Pictures are equal by their difference
    hashes and thumbnails, and by their encoder's vectors: hashes alone take drawings of a spoon and a fork for one.
    """

    summary = say("The chosen candidate is a near duplicate of the right one, or belongs to one of the query")

    @classmethod
    def sentence(cls, evidence: Evidence, title: Callable[[str], str]) -> str:
        """Which media are alike, and by what."""
        chosen, right = title(evidence["chosen"]), title(evidence["right"])
        alike = say(
            "The {modality} of “{chosen}” and that of “{right}” are alike by {by}",
            modality=say_word(evidence["modality"]),
            chosen=chosen,
            right=right,
            by=evidence["by"],
        )
        if "texts" in evidence:
            alike += ": " + " / ".join(f"“{one_line(text, LONGEST_TEXT)}”" for text in evidence["texts"])
        if "cosine" in evidence:
            alike += say(" (cosine {cosine:.2f})", cosine=evidence["cosine"])
        return say("{alike}.", alike=alike)

    def find(self, context: Context) -> Sequence[Cause | None]:
        """For each query that chose wrongly: which two media are alike, and by what. Texts 1, pictures their cosine."""
        judged = context.judgements
        likeness = {modality: _Likeness(context, modality) for modality in judged.direction}
        source, target = judged.direction
        queries, candidates, found = judged.queries, judged.candidates, list[Cause | None]()
        for row, missed in enumerate(judged.missed.tolist()):
            chosen, right = int(judged.chosen[row]), int(judged.right[row])
            other, own = (
                (candidates.ids[chosen], candidates.keys[chosen]),
                (candidates.ids[right], candidates.keys[right]),
            )
            asked = queries.ids[row], queries.keys[row]
            cause = None
            if missed:
                cause = likeness[target].cause(other, own) or next(
                    filter(None, (likeness[source].cause(key, asked) for key in likeness[source].of_item(other[0]))),
                    None,
                )
            found.append(cause)
        return found


_Row = tuple[str, str]
"""Item and content key of one medium."""


class _Likeness:
    """Whether two media of one modality are nearly equal; each picture is decoded at most once."""

    def __init__(self, context: Context, modality: str) -> None:
        self.modality = modality
        self.media: Mapping[_Row, Media] = {(m.item, m.digest): m for m in context.collection.media_of(modality)}
        self.encoded = context.encoded.get(modality)
        self._prints: dict[_Row, Fingerprint | None] = {}
        self._held: dict[str, list[_Row]] = {}
        for row in self.media:
            self._held.setdefault(row[0], []).append(row)

    def of_item(self, item: str) -> Sequence[_Row]:
        """The media of this item."""
        return self._held.get(item, ())

    def cause(self, chosen: _Row, right: _Row) -> Cause | None:
        """The cause where both are alike, None where they are not or are not at hand."""
        a, b = self.media.get(chosen), self.media.get(right)
        if a is None or b is None:
            return None
        evidence = {"modality": self.modality, "chosen": chosen[0], "right": right[0]}
        if self.modality == "text":
            words = normalised_text(a.text or "")
            evidence |= {"by": say("text without case and punctuation"), "texts": [a.text, b.text]}
            alike = words and words == normalised_text(b.text or "")
            return Cause("second_right_answer", evidence, 1.0) if alike else None
        if self.modality != "image" or (cosine := self._cosine(chosen, right)) is None:
            return None
        prints = [self._print(chosen), self._print(right)]
        known = [one for one in prints if one is not None]
        if len(known) < 2 or not near_pictures(known):
            return None
        return Cause(
            "second_right_answer", evidence | {"by": say("hash and vector"), "cosine": round(cosine, 4)}, cosine
        )

    def _cosine(self, a: _Row, b: _Row) -> float | None:
        """The cosine of two pictures that lie as near as copies do; None where they lie further apart."""
        if self.encoded is None or a not in self._places or b not in self._places:
            return None
        cosine = float(self._units[self._places[a]] @ self._units[self._places[b]])
        return min(cosine, 1.0) if cosine >= self._bar else None

    @cached_property
    def _units(self) -> np.ndarray:
        return unit_rows(self.encoded.vectors) if self.encoded else np.zeros((0, 0), np.float32)

    @cached_property
    def _places(self) -> dict[_Row, int]:
        return {row: place for place, row in enumerate(_rows(self.encoded))} if self.encoded else {}

    @cached_property
    def _bar(self) -> float:
        """The lowest cosine of near duplicates, from how near the nearest other picture typically lies."""
        units = unit_rows(distinct_vectors(self.encoded)) if self.encoded else self._units
        asked = np.unique(np.linspace(0, len(units) - 1, _SAMPLE).astype(int))
        scores = top_k(units[asked], units, 2)[0]
        return 1 - _SHARE * (1 - float(np.median(scores[:, -1])))

    def _print(self, row: _Row) -> Fingerprint | None:
        """The picture's fingerprint; None where it can no longer be read: the report on the data says so."""
        if row not in self._prints:
            try:
                self._prints[row] = fingerprint(decode_image(self.media[row].path or "", at_least=_SMALL))
            except BadInput:
                self._prints[row] = None
        return self._prints[row]


def _rows(rows: EmbeddingSet) -> Iterator[_Row]:
    return zip(rows.ids, rows.keys)

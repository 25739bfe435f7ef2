"""Long texts: texts longer than a model reads at once, by their start alone or in windows whose mean is the vector."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mmalign_core.encoders.attribution import Attribution
from mmalign_core.encoders.base import Encoded, Encoder
from mmalign_core.encoders.text_input import usable_text
from mmalign_core.params import param
from mmalign_core.types import Media

AUTO, WINDOWS, START = "auto", "windows", "start"


@dataclass(frozen=True)
class TextWindows:
    """The prepared windows of one long text, and the characters of each (w,)."""

    parts: tuple[Any, ...]
    weights: np.ndarray


class ReadsLongTexts(Encoder):
    """An encoder of texts with a limit. A subclass says what it reads at once, and encodes that.

    In windows a text's vector is the mean of its windows' vectors, weighted by their characters, as a unit vector if
    those are. The vector of a text that fits is the same in every mode.
    """

    better_in_windows: ClassVar[bool] = True
    """Whether windows find more than the start alone, as benchmarks/long_texts.py measures."""
    long_texts: str = param(
        AUTO,
        choices=(AUTO, WINDOWS, START),
        help="texts longer than it reads at once: windows and their mean, or the start alone; auto: the better one",
    )

    @abstractmethod
    def start_of(self, text: str) -> str:
        """The part of a text that is read at once, in whole words."""

    @abstractmethod
    def prepare_text(self, text: str) -> Any:
        """The input of `encode_texts` for a text that is read at once."""

    @abstractmethod
    def encode_texts(self, prepared: Sequence[Any]) -> np.ndarray:
        """Vectors (n, dim) of texts that are read at once."""

    @abstractmethod
    def steps_of(self, prepared: Sequence[Any]) -> list[np.ndarray]:
        """For each such text the vectors (t, dim) before pooling."""

    def attribution_of(self, text: str, direction: np.ndarray, rule: str) -> Attribution:
        """The attribution to the tokens of a text that is read at once."""
        return super().attribution(text, direction, rule)

    def view(self, media: Media) -> str:
        """The text, or the part of it that is read at once. Raises BadInput if it is empty or too long."""
        text = usable_text(media, self.settings)
        return text if self.long_texts == WINDOWS else self.start_of(text)

    def from_view(self, view: str) -> Any:
        """The input of `encode` for a text: of its windows, if it has several."""
        parts = self.windows_of(view) if self.long_texts == WINDOWS else [view]
        prepared = [self.prepare_text(part) for part in parts]
        return prepared[0] if len(prepared) == 1 else TextWindows(tuple(prepared), _lengths(parts))

    def windows_of(self, text: str) -> list[str]:
        """The text in parts that are read at once, without the white space between them; at least one."""
        if len(text.encode("utf-8", "replace")) <= self.surely_read:
            return [text]
        parts, rest = [], text
        while rest:
            part = self.start_of(rest) or rest
            parts.append(part)
            rest = rest[len(part) :].lstrip()
        return parts or [text]

    def encode(self, prepared: Sequence[Any]) -> Encoded:
        """Vectors (n, dim)."""
        vectors, counts = self._each(prepared, self.encode_texts), _counts(prepared)
        if len(vectors) == len(prepared):
            return Encoded(np.asarray(vectors))
        rows = np.split(np.asarray(vectors), np.cumsum(counts)[:-1])
        return Encoded(np.stack([_mean(one, own) for one, own in zip(prepared, rows)]).astype(np.float32))

    def sequences(self, prepared: Sequence[Any]) -> list[np.ndarray]:
        """For each text (tokens, dim), those of its windows one after the other."""
        steps, end, found = self._each(prepared, self.steps_of), 0, []
        for count in _counts(prepared):
            found.append(np.concatenate(steps[end : end + count]) if count > 1 else steps[end])
            end += count
        return found

    def attribution(self, view: str, direction: np.ndarray, rule: str) -> Attribution:
        """The attribution to the tokens of a text: of each window, by its share of the mean."""
        parts = self.windows_of(view) if self.long_texts == WINDOWS else [view]
        if len(parts) == 1:
            return self.attribution_of(view, direction, rule)
        vectors = self.encode_texts([self.prepare_text(part) for part in parts])
        weights = _lengths(parts)
        length = float(np.linalg.norm(weights @ vectors)) or 1.0
        values, places, start = [], [], 0
        for part, weight, vector in zip(parts, weights, vectors):
            found = self.attribution_of(part, direction, rule)
            start = view.index(part, start)
            values.append(found.values * weight * float(np.linalg.norm(vector)) / length)
            places.append(np.where(np.ptp(found.places, axis=1, keepdims=True) > 0, found.places + start, 0))
            start += len(part)
        return Attribution(np.concatenate(values), np.concatenate(places))

    def _each(self, prepared: Sequence[Any], run: Any) -> Any:
        """`run` on all windows of the texts, a batch at a time."""
        flat = [part for one in prepared for part in (one.parts if isinstance(one, TextWindows) else (one,))]
        step = max(len(prepared), self.batch_size)
        made = [run(flat[at : at + step]) for at in range(0, len(flat), step)]
        if len(made) == 1:
            return made[0]
        return np.concatenate(made) if isinstance(made[0], np.ndarray) else [row for part in made for row in part]


def _lengths(parts: Sequence[str]) -> np.ndarray:
    return np.array([len(part) for part in parts], np.float64)


def _counts(prepared: Sequence[Any]) -> list[int]:
    return [len(one.parts) if isinstance(one, TextWindows) else 1 for one in prepared]


def _mean(prepared: Any, rows: np.ndarray) -> np.ndarray:
    """The vector of one text from those of its windows (w, dim): the mean, as long as they are on average."""
    if len(rows) == 1:
        return rows[0]
    weights = prepared.weights / prepared.weights.sum()
    mean = weights @ rows
    length = float(np.linalg.norm(mean))
    return mean * (weights @ np.linalg.norm(rows, axis=1)) / length if length > 0 else rows[0]

"""Texts for encoders: checks, cutting at the model's limit of tokens, and the characters of each token."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np

from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media


def usable_text(media: Media, settings: Settings) -> str:
    """The stripped text of a medium. Raises BadInput if it is empty, too long or invalid Unicode."""
    text = (media.text or "").strip()
    if not text:
        raise BadInput(f"item '{media.item}': the text is empty; give at least one word")
    if len(text) > settings.max_text_chars:
        raise BadInput(
            f"item '{media.item}': the text has {len(text):,} characters, more than {settings.max_text_chars:,}; "
            "shorten it or raise MMALIGN_MAX_TEXT_CHARS"
        )
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadInput(f"item '{media.item}': the text holds half a character (a lone surrogate); save it as UTF-8")
    return text


_REST_OF_WORD = re.compile(r"\S{0,64}")
"""Most characters by which a cut text is extended to the end of a word, since half a word may have other tokens than in
the whole text. Chosen: some languages have no spaces between words."""


class TokenLimit:
    """Cuts texts at the last token that a model reads. Safe in threads: it locks its own copy of the tokenizer."""

    def __init__(self, tokenizer: Any, most: int, prompt: str = "") -> None:
        """`most`: the limit of tokens, with special tokens and those of `prompt`, which stands before each text."""
        self._tokenizer, self.most, self._prompt, self._lock = copy.deepcopy(tokenizer), most, prompt, Lock()

    def cut(self, text: str) -> str:
        """The part of the text that the model reads; all of it for tokenizers without offsets."""
        if not getattr(self._tokenizer, "is_fast", False):
            return text
        whole = self._prompt + text
        with self._lock:
            read = self._tokenizer(whole, truncation=True, max_length=self.most + 1, return_offsets_mapping=True)
            if len(read["input_ids"]) <= self.most:
                return text
            read = self._tokenizer(whole, truncation=True, max_length=self.most, return_offsets_mapping=True)
        end = max(*(stop for _, stop in read["offset_mapping"]), len(self._prompt) + 1)
        rest = _REST_OF_WORD.match(whole, end)
        return whole[len(self._prompt) : rest.end() if rest else end]

    def places(self, text: str) -> np.ndarray:
        """Characters (t, 2), start and end, of each token; empty spans for special tokens and the prompt."""
        whole = self._prompt + text
        with self._lock:
            if not getattr(self._tokenizer, "is_fast", False):
                return token_places(text, lambda part: np.array(self._read(self._prompt + part)["input_ids"]))
            offsets = self._read(whole, return_offsets_mapping=True)["offset_mapping"]
        return np.clip(np.array(offsets, dtype=np.float64).reshape(-1, 2) - len(self._prompt), 0, None)

    def _read(self, text: str, **options: Any) -> Any:
        return self._tokenizer(text, truncation=True, max_length=self.most, **options)


_PIECE = re.compile(r"\w+|[^\w\s]+")


def token_places(text: str, tokens: Callable[[str], np.ndarray]) -> np.ndarray:
    """Characters (t, 2), start and end, of each id in `tokens(text)` (t,); special tokens and padding have empty spans.

    A text that is cut after a word, or before punctuation, must have the first ids of the whole text. The tokens of
    one run of letters divide its characters in order.
    """
    whole, empty = tokens(text), tokens("")
    first = min(_shared(whole, empty), len(whole))
    places, done = np.zeros((len(whole), 2)), 0
    end = _content_end(whole, empty, first)
    pieces = [match.span() for match in _PIECE.finditer(text)]
    for number, (start, stop) in enumerate(pieces):
        last = number + 1 == len(pieces)
        reached = end if last else min(end, max(first + done, _shared(whole, tokens(text[:stop]))))
        count = reached - first - done
        edges = np.linspace(start, stop, count + 1)
        places[first + done : reached] = np.stack([edges[:-1], edges[1:]], axis=1)
        done += max(count, 0)
    return places


def _shared(a: np.ndarray, b: np.ndarray) -> int:
    """The length of the common prefix of two arrays of ids."""
    short = min(len(a), len(b))
    differ = np.flatnonzero(a[:short] != b[:short])
    return int(differ[0]) if len(differ) else short


def _content_end(whole: np.ndarray, empty: np.ndarray, first: int) -> int:
    """The index after the last id that is neither padding nor a special token at the end."""
    padding = empty[-1]
    unpadded = np.flatnonzero(whole != padding)
    stop = int(unpadded[-1]) + 1 if len(unpadded) else 0
    marks = [x for x in empty[first:] if x != padding]
    for mark in reversed(marks):
        stop -= int(stop > first and whole[stop - 1] == mark)
    return max(stop, first)


def as_read(text: str, tokens: Callable[[str], np.ndarray]) -> str:
    """The shortest start of the text, in whole words, with the same token ids (context,) as the whole text."""
    ids = tokens(text)

    def enough(length: int) -> bool:
        return np.array_equal(tokens(text[:length]), ids)

    if not enough(len(text) - 1):
        return text
    low, high = 0, min(len(text), 2 * len(ids))
    while high < len(text) and not enough(high):
        low, high = high, min(len(text), 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    rest = text[high:].split(maxsplit=1)
    whole = high if not rest or text[high].isspace() else high + len(rest[0])
    return text[:whole] if enough(whole) else text

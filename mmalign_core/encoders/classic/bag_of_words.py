"""Texts as counts of hashed words and pairs of neighbouring words, in any language; nothing is learned."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from mmalign_core.encoders.base import register
from mmalign_core.encoders.long_texts import ReadsLongTexts
from mmalign_core.wording import say

_READ_CHARACTERS = 10_000
"""Characters read of one text. Chosen: a few pages, so that one long document does not delay a batch."""
_WITHOUT_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f"
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese are written without spaces: their characters count as words."""
_WORD = re.compile(f"[{_WITHOUT_SPACES}]|[^\\W{_WITHOUT_SPACES}]+")


@register("bag-of-words")
class BagOfWords(ReadsLongTexts):
    """1 + ln(count) of words and of neighbouring words, hashed into 2,048 columns (Weinberger et al., ICML 2009)."""

    version = "1"
    modality = "text"
    dim = 2048
    space = "bag-of-words"
    summary = say("Word counts of texts in any language, 2048-d; classic, nothing learned")
    licence = "Apache-2.0"
    batch_size = 256
    better_in_windows = False

    @cached_property
    def _hashing(self) -> Any:
        from sklearn.feature_extraction.text import HashingVectorizer

        options: dict[str, Any] = {"analyzer": list, "norm": None, "alternate_sign": False, "dtype": np.float32}
        return HashingVectorizer(n_features=self.dim, lowercase=False, **options)

    def load(self) -> None:
        """Create the hash function."""
        _ = self._hashing

    @property
    def surely_read(self) -> int:
        """10,000: a character is a byte or more."""
        return _READ_CHARACTERS

    def start_of(self, text: str) -> str:
        """The first 10,000 characters."""
        return text[:_READ_CHARACTERS]

    def prepare_text(self, text: str) -> list[str]:
        """The words of the text."""
        return words(text)

    def encode_texts(self, prepared: Sequence[list[str]]) -> np.ndarray:
        """Damped counts (n, 2048), never negative."""
        counted = self._hashing.transform([text + _neighbours(text) for text in prepared]).toarray()
        return np.where(counted > 0, 1 + np.log(np.maximum(counted, 1)), 0).astype(np.float32)

    def steps_of(self, prepared: Sequence[list[str]]) -> list[np.ndarray]:
        """For each text (words, 2048): each word and the pair that it ends; the sum over words is the plain counts."""
        return [self._hashing.transform(_steps(text)).toarray() for text in prepared]


def words(text: str) -> list[str]:
    """Case-folded words of a text; if it has none, such as a row of emoji, its visible characters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall(folded) or [character for character in folded if not character.isspace()] or [text]


def _neighbours(text: list[str]) -> list[str]:
    return [f"{a} {b}" for a, b in pairwise(text)]


def _steps(text: list[str]) -> list[list[str]]:
    return [[text[0]], *([word, pair] for word, pair in zip(text[1:], _neighbours(text)))]

"""The part of a long text that a model reads: up to the word that holds its last token."""

from __future__ import annotations

import copy
import re
from threading import Lock
from typing import Any

import numpy as np

from mmalign_core.encoders.texts.token_places import token_places

_REST_OF_WORD = re.compile(r"\S{0,64}")
"""Kept with its start: half a word may fall into other tokens than it did as part of the whole. A limit, since some
languages put no space between words."""


class TokenLimit:
    """Cuts texts where the model stops reading. Safe in threads: the tokenizer is a copy, one text at a time."""

    def __init__(self, tokenizer: Any, most: int, prompt: str = "") -> None:
        """`most`: tokens with start and end marks; `prompt` stands before every text and takes some of them."""
        self._tokenizer, self._most, self._prompt, self._lock = copy.deepcopy(tokenizer), most, prompt, Lock()

    def cut(self, text: str) -> str:
        """The text, or its start that the model reads; tokenizers that do not say where tokens end cut nothing."""
        if not getattr(self._tokenizer, "is_fast", False):
            return text
        whole = self._prompt + text
        with self._lock:
            read = self._tokenizer(whole, truncation=True, max_length=self._most + 1, return_offsets_mapping=True)
            if len(read["input_ids"]) <= self._most:
                return text
            read = self._tokenizer(whole, truncation=True, max_length=self._most, return_offsets_mapping=True)
        end = max(*(stop for _, stop in read["offset_mapping"]), len(self._prompt) + 1)
        rest = _REST_OF_WORD.match(whole, end)
        return whole[len(self._prompt) : rest.end() if rest else end]

    def places(self, text: str) -> np.ndarray:
        """(t, 2) characters (start, end) of the text that each token read stands for; marks and the prompt span 0."""
        whole = self._prompt + text
        with self._lock:
            if not getattr(self._tokenizer, "is_fast", False):
                return token_places(text, lambda part: np.array(self._read(self._prompt + part)["input_ids"]))
            offsets = self._read(whole, return_offsets_mapping=True)["offset_mapping"]
        return np.clip(np.array(offsets, dtype=np.float64).reshape(-1, 2) - len(self._prompt), 0, None)

    def _read(self, text: str, **options: Any) -> Any:
        return self._tokenizer(text, truncation=True, max_length=self._most, **options)

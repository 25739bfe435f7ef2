"""Texts through any sentence-transformers model (Reimers & Gurevych, 2019), by name or folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from mmalign_core.encoders.attribution import WATCHED, Attribution, attention_attribution
from mmalign_core.encoders.base import register
from mmalign_core.encoders.long_texts import ReadsLongTexts
from mmalign_core.encoders.sentence_transformers.media import SentenceMedia
from mmalign_core.encoders.sentence_transformers.model import PROMPTS, SentenceModel
from mmalign_core.encoders.text_input import TokenLimit
from mmalign_core.encoders.torch_models.devices import at_dtype
from mmalign_core.encoders.torch_models.encoder import PASSES, SAMPLE, longest_first
from mmalign_core.model_files import repository
from mmalign_core.model_files.catalogue import usual_prompt
from mmalign_core.types import BadInput

_SPECIAL = 8
"""Special tokens of a text at most; our choice: models of this kind add two to four."""
_UNLIMITED = 2**24
"""Tokens from which on a stated limit means that there is none; our choice: transformers then states 10^30."""
_LONGEST = 8192
"""Most tokens if a model states no limit. Chosen: the limit of most models of this kind."""


@register("sentence-transformers")
class SentenceTransformers(SentenceModel, ReadsLongTexts):
    """Vectors of `model.encode_document`, or of `model.encode_query` with the parameter for queries.

    All texts get the same prompt, typed queries too, since items are compared with items and queries are worded like
    items.
    """

    modality = "text"
    on_cpu = 32

    @classmethod
    def of_model(cls, model: str, modality: str) -> Any:
        """The model's encoder of that modality. Raises BadInput with the fetch command if the model is missing."""
        return super().of_model(model, modality) if modality == "text" else SentenceMedia.of_model(model, modality)

    @cached_property
    def prompt(self) -> str | None:
        """The text before every text; None if the model has no prompt of its own."""
        named = next((self.loaded.prompts[n] for n in PROMPTS[self.read_as] if self.loaded.prompts.get(n)), None)
        default = self.loaded.prompts.get(self.loaded.default_prompt_name or "")
        return named or default or usual_prompt(repository(self.name, self.model)) or None

    @cached_property
    def _limit(self) -> TokenLimit:
        tokenizer = self.loaded.tokenizer
        stated = self.loaded.max_seq_length or getattr(tokenizer, "model_max_length", _LONGEST)
        most = stated if stated < _UNLIMITED else _LONGEST
        return TokenLimit(tokenizer, int(most), self.prompt or "")

    def load(self) -> None:
        """Load the weights."""
        _ = self.loaded, self._limit, self.dim

    @property
    def surely_read(self) -> int:
        """The limit of tokens less a few special ones and the bytes of the prompt."""
        return max(0, self._limit.most - _SPECIAL - len((self.prompt or "").encode()))

    def start_of(self, text: str) -> str:
        """The text up to the last token that the model reads."""
        return self._limit.cut(text)

    def prepare_text(self, text: str) -> str:
        """The text itself."""
        return text

    def encode_texts(self, prepared: Sequence[str]) -> np.ndarray:
        """Vectors (n, dim), normalised if the model normalises them."""
        texts, place = longest_first(prepared)
        return self.vectors(texts)[place]

    @property
    def batch_size(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Texts per batch: those of several passes, to sort them by length."""
        return PASSES * self.at_once

    def run_at(self, batch: Sequence[str], dtype: str) -> np.ndarray:
        """Vectors (n, dim) of one batch of texts, computed in `dtype`."""
        with at_dtype(self.device, dtype):
            return self.cut(self.run_whole(batch))

    def run_whole(self, batch: Sequence[str]) -> np.ndarray:
        """Vectors (n, whole) by the library."""
        return np.asarray(self._run(batch, "sentence_embedding"), np.float32)

    def sample(self) -> list[str]:
        """Three texts, the last longer than the model reads."""
        return list(SAMPLE)

    def steps_of(self, prepared: Sequence[str]) -> list[np.ndarray]:
        """For each text (tokens, dim), with prompt and special tokens. Raises BadInput if the model has none."""
        texts, place = longest_first(prepared)
        steps = [self._steps(row) for part in self.in_turn(lambda some: self._run(some, None), texts) for row in part]
        return [steps[i] for i in place]

    @property
    def attends(self) -> bool:
        """Whether the model is a transformer whose attention can be recorded."""
        return "message" not in self.loaded.modalities and sentence_attends(self.loaded)

    def attribution_of(self, text: str, direction: np.ndarray, rule: str) -> Attribution:
        """The attribution to the tokens of a text that is read at once."""
        given, places = self._given([text]), self._limit.places(text)
        return sentence_attribution(self.loaded, given, direction, rule, places, self.prompt)

    def _run(self, texts: Sequence[str], output: str | None) -> Any:
        options = {"batch_size": len(texts), "output_value": output, "show_progress_bar": False, "prompt": self.prompt}
        read = self.loaded.encode_query if self.read_as == "query" else self.loaded.encode_document
        return read(self._given(texts), **options)

    def _given(self, texts: Sequence[str]) -> list[Any]:
        """The library's input. A model of several modalities would open a text that looks like a path or an address."""
        return list(texts) if self.loaded.modalities == ["text"] else [{"text": text} for text in texts]

    def _steps(self, features: dict[str, Any]) -> np.ndarray:
        """Token vectors after the modules that follow pooling, without the final normalisation."""
        import torch

        if features.get("token_embeddings") is None:
            raise BadInput(f"model '{self.model}' gives one vector for a whole text: it has no sequences")
        steps = {"sentence_embedding": features["token_embeddings"][features["attention_mask"].bool()]}
        modules = list(self.loaded)
        pooled = next((i for i, m in enumerate(modules) if type(m).__name__ == "Pooling"), len(modules))
        with torch.inference_mode():
            for module in (m for m in modules[pooled + 1 :] if type(m).__name__ != "Normalize"):
                steps = module(steps)
        vectors = steps["sentence_embedding"].float().cpu().numpy()
        if vectors.shape[1] != self.whole:
            raise BadInput(
                f"model '{self.model}' pools tokens of length {vectors.shape[1]} to {self.whole}: it has no sequences"
            )
        return vectors[:, : self.dim]


def sentence_attends(model: Any) -> bool:
    """Whether the model is a transformer whose attention can be recorded."""
    first = next(iter(model))
    inner: Any = getattr(first, "model", None) or getattr(first, "auto_model", None)
    return getattr(getattr(inner, "config", None), "_attn_implementation", "") in WATCHED


def sentence_attribution(
    model: Any, given: list[Any], direction: np.ndarray, rule: str, places: np.ndarray, prompt: str | None = None
) -> Attribution:
    """The attribution to the tokens of the one text given, with their `places` (t, 2), empty for prompt and special
    tokens. A `direction` (dim,) of fewer dimensions than the model's is along the first ones."""
    features = model.preprocess(given, prompt=prompt)
    features = {key: part.to(model.device) if hasattr(part, "to") else part for key, part in features.items()}
    length = features["input_ids"].shape[1]
    values = attention_attribution(
        lambda: model(features)["sentence_embedding"][:, : len(direction)],
        direction,
        lambda keys: keys == length,
        rule,
    )
    return Attribution(values, places)

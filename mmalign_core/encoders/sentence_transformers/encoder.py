"""Texts through any sentence-transformers model (Reimers & Gurevych, 2019), by name or folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.encoders.attribution import WATCHED, Attribution, attention_attribution
from mmalign_core.encoders.base import register
from mmalign_core.encoders.long_texts import ReadsLongTexts
from mmalign_core.encoders.text_input import TokenLimit
from mmalign_core.encoders.torch_models.devices import at_dtype
from mmalign_core.encoders.torch_models.encoder import PASSES, SAMPLE, FolderEncoder, longest_first
from mmalign_core.encoders.torch_models.loader import load_quietly
from mmalign_core.encoders.torch_models.model_files import check_sentence_files
from mmalign_core.model_files import repository
from mmalign_core.model_files.catalogue import usual_prompt
from mmalign_core.model_files.weights import read_json
from mmalign_core.params import param
from mmalign_core.types import BadInput

_PROMPTS = {"document": ("document", "passage", "corpus"), "query": ("query",)}
"""Names of the prompts for documents and for queries, in the library's order. The first that is not empty is used: the
library saves an empty "document" prompt beside the "passage" prompt of a model."""
_SPECIAL = 8
"""Special tokens of a text at most; our choice: models of this kind add two to four."""
_LONGEST = 8192
"""Most tokens if a model states no limit. Chosen: the limit of most models of this kind."""


@register("sentence-transformers")
class SentenceTransformers(ReadsLongTexts, FolderEncoder):
    """Vectors of `model.encode_document`, or of `model.encode_query` with the parameter for queries.

    All texts get the same prompt, typed queries too, since items are compared with items and queries are worded like
    items. Weights are safetensors, or `.bin` files that are read as plain tensors.
    """

    modality = "text"
    space = "sentence-transformers"
    summary = "Texts through any sentence-transformers model: sentence-transformers:NAME_OR_FOLDER"
    on_cpu = 32
    packages = (("sentence_transformers", "sentence-transformers"),)
    read_as: str = param(
        "document",
        choices=tuple(_PROMPTS),
        help="prompt of all texts, if the model has several",
    )

    @classmethod
    def check_files(cls, folder: Path) -> None:
        """Raise BadInput if the folder does not hold a complete sentence-transformers model."""
        check_sentence_files(folder)

    @cached_property
    def dim(self) -> int:  # pyright: ignore - known once the model is loaded
        """Dimension of the vectors."""
        return int(self._model.get_embedding_dimension())

    @cached_property
    def _model(self) -> Any:
        return load_quietly(self.space, self.folder, lambda: _loaded(self.folder, self.device))

    @cached_property
    def prompt(self) -> str | None:
        """The text before every text; None if the model has no prompt of its own."""
        named = next((self._model.prompts[n] for n in _PROMPTS[self.read_as] if self._model.prompts.get(n)), None)
        default = self._model.prompts.get(self._model.default_prompt_name or "")
        return named or default or usual_prompt(repository(self.name, self.model)) or None

    @cached_property
    def _limit(self) -> TokenLimit:
        tokenizer = self._model.tokenizer
        most = self._model.max_seq_length or min(getattr(tokenizer, "model_max_length", _LONGEST), _LONGEST)
        return TokenLimit(tokenizer, int(most), self.prompt or "")

    def load(self) -> None:
        """Load the weights."""
        _ = self._model, self._limit, self.dim

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
        return sentence_attends(self._model)

    def attribution_of(self, text: str, direction: np.ndarray, rule: str) -> Attribution:
        """The attribution to the tokens of a text that is read at once."""
        return sentence_attribution(self._model, text, direction, rule, self._limit, self.prompt)

    def _run(self, texts: Sequence[str], output: str | None) -> Any:
        options = {"batch_size": len(texts), "output_value": output, "show_progress_bar": False, "prompt": self.prompt}
        read = self._model.encode_query if self.read_as == "query" else self._model.encode_document
        return read(list(texts), **options)

    def _steps(self, features: dict[str, Any]) -> np.ndarray:
        """Token vectors after the modules that follow pooling, without the final normalisation."""
        import torch

        if features.get("token_embeddings") is None:
            raise BadInput(f"model '{self.model}' gives one vector for a whole text: it has no sequences")
        steps = {"sentence_embedding": features["token_embeddings"][features["attention_mask"].bool()]}
        modules = list(self._model)
        pooled = next((i for i, m in enumerate(modules) if type(m).__name__ == "Pooling"), len(modules))
        with torch.inference_mode():
            for module in (m for m in modules[pooled + 1 :] if type(m).__name__ != "Normalize"):
                steps = module(steps)
        vectors = steps["sentence_embedding"].float().cpu().numpy()
        if vectors.shape[1] != self.dim:
            raise BadInput(
                f"model '{self.model}' pools tokens of length {vectors.shape[1]} to {self.dim}: it has no sequences"
            )
        return vectors


def _loaded(folder: Path, device: str) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer  # pyright: ignore[reportMissingImports] - an optional extra

    if (folder / "config.json").is_file():
        read_json(folder / "config.json")
    options = {"device": device, "local_files_only": True, "trust_remote_code": False}
    return SentenceTransformer(str(folder), model_kwargs={"dtype": torch.float32}, **options)


def sentence_attends(model: Any) -> bool:
    """Whether the model is a transformer whose attention can be recorded."""
    first = next(iter(model))
    inner: Any = getattr(first, "model", None) or getattr(first, "auto_model", None)
    return getattr(getattr(inner, "config", None), "_attn_implementation", "") in WATCHED


def sentence_attribution(
    model: Any, text: str, direction: np.ndarray, rule: str, limit: TokenLimit, prompt: str | None = None
) -> Attribution:
    """The attribution to the tokens of one text. The places of prompt and special tokens are empty."""
    features = model.preprocess([text], prompt=prompt)
    features = {key: part.to(model.device) if hasattr(part, "to") else part for key, part in features.items()}
    length = features["input_ids"].shape[1]
    values = attention_attribution(
        lambda: model(features)["sentence_embedding"], direction, lambda keys: keys == length, rule
    )
    return Attribution(values, limit.places(text))

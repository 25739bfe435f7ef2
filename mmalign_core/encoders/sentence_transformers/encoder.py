"""Texts through any sentence-transformers model (Reimers & Gurevych, 2019), by name or folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.encoders.attribution import WATCHED, Attribution, attention_attribution
from mmalign_core.encoders.base import Encoded, register
from mmalign_core.encoders.text_input import TokenLimit, usable_text
from mmalign_core.encoders.torch_models.devices import at_dtype
from mmalign_core.encoders.torch_models.encoder import PASSES, SAMPLE, FolderEncoder, longest_first
from mmalign_core.encoders.torch_models.loader import load_quietly
from mmalign_core.encoders.torch_models.model_files import check_sentence_files
from mmalign_core.model_files import repository
from mmalign_core.model_files.catalogue import usual_prompt
from mmalign_core.model_files.weights import read_json
from mmalign_core.params import param
from mmalign_core.types import BadInput, Media

_PROMPTS = {"document": ("document", "passage", "corpus"), "query": ("query",)}
"""Names under which models keep the prompt of what is searched in and of what is searched with, in the order the
library looks for them. The first that is not empty counts: the library saves an empty "document" beside the "passage"
that a model's maker wrote."""
_LONGEST = 8192
"""Tokens where a model states no limit."""


@register("sentence-transformers")
class SentenceTransformers(FolderEncoder):
    """What `model.encode_document` gives, or `model.encode_query` where that is asked for.

    Models that tell queries from documents read every text alike, typed ones too: items are compared with items, and a
    query is worded like an item. Weights are safetensors, or `.bin` read without running anything.
    """

    modality = "text"
    space = "sentence-transformers"
    summary = "Texts through any sentence-transformers model: sentence-transformers:NAME_OR_FOLDER"
    on_cpu = 32
    packages = (("sentence_transformers", "sentence-transformers"),)
    read_as: str = param(
        "document", choices=tuple(_PROMPTS), help="what texts are to a model that tells queries from documents"
    )

    @classmethod
    def check_files(cls, folder: Path) -> None:
        """BadInput unless it holds a whole sentence-transformers model."""
        check_sentence_files(folder)

    @cached_property
    def dim(self) -> int:  # pyright: ignore - known once the model is loaded
        """Length of a vector."""
        return int(self._model.get_embedding_dimension())

    @cached_property
    def _model(self) -> Any:
        return load_quietly(self.space, self.folder, lambda: _loaded(self.folder, self.device))

    @cached_property
    def prompt(self) -> str | None:
        """What is put before every text; None where the model wants nothing of its own."""
        named = next((self._model.prompts[n] for n in _PROMPTS[self.read_as] if self._model.prompts.get(n)), None)
        default = self._model.prompts.get(self._model.default_prompt_name or "")
        return named or default or usual_prompt(repository(self.name, self.model)) or None

    @cached_property
    def _limit(self) -> TokenLimit:
        tokenizer = self._model.tokenizer
        most = self._model.max_seq_length or min(getattr(tokenizer, "model_max_length", _LONGEST), _LONGEST)
        return TokenLimit(tokenizer, int(most), self.prompt or "")

    def load(self) -> None:
        """Read the weights."""
        _ = self._model, self._limit, self.dim

    def view(self, media: Media) -> str:
        """The text up to the model's last token; BadInput if it is empty or too long."""
        return self._limit.cut(usable_text(media, self.settings))

    def from_view(self, view: str) -> str:
        """The text itself."""
        return view

    def encode(self, prepared: Sequence[str]) -> Encoded:
        """(n, dim), of unit length where the model says so."""
        texts, place = longest_first(prepared)
        return Encoded(self.vectors(texts)[place])

    @property
    def batch_size(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Texts of several passes at a time, to be sorted by length."""
        return PASSES * self.at_once

    def run_at(self, batch: Sequence[str], dtype: str) -> np.ndarray:
        """(n, dim) of one batch of texts."""
        with at_dtype(self.device, dtype):
            return np.asarray(self._run(batch, "sentence_embedding"), np.float32)

    def sample(self) -> list[str]:
        """Three texts, the last longer than the model reads."""
        return list(SAMPLE)

    def sequences(self, prepared: Sequence[str]) -> list[np.ndarray]:
        """Per text (tokens, dim): prompt, start and end marks included. BadInput if tokens are in no such space."""
        texts, place = longest_first(prepared)
        steps = [self._steps(row) for part in self.in_turn(lambda some: self._run(some, None), texts) for row in part]
        return [steps[i] for i in place]

    @property
    def attends(self) -> bool:
        """Whether it is a transformer whose attention can be watched."""
        return sentence_attends(self._model)

    def attribution(self, view: str, direction: np.ndarray, rule: str) -> Attribution:
        """Of tokens."""
        return sentence_attribution(self._model, view, direction, rule, self._limit, self.prompt)

    def _run(self, texts: Sequence[str], output: str | None) -> Any:
        asked = {"batch_size": len(texts), "output_value": output, "show_progress_bar": False, "prompt": self.prompt}
        read = self._model.encode_query if self.read_as == "query" else self._model.encode_document
        return read(list(texts), **asked)

    def _steps(self, features: dict[str, Any]) -> np.ndarray:
        """Token vectors through what follows pooling, all but its scaling to unit length."""
        import torch

        if features.get("token_embeddings") is None:
            raise BadInput(f"model '{self.model}' gives one vector for a whole text: it has no sequences")
        steps = {"sentence_embedding": features["token_embeddings"][features["attention_mask"].bool()]}
        modules = list(self._model)
        pooled = next((i for i, m in enumerate(modules) if type(m).__name__ == "Pooling"), len(modules))
        with torch.inference_mode():
            for module in (m for m in modules[pooled + 1 :] if type(m).__name__ != "Normalize"):
                steps = module(steps)
        found = steps["sentence_embedding"].float().cpu().numpy()
        if found.shape[1] != self.dim:
            raise BadInput(
                f"model '{self.model}' pools tokens of length {found.shape[1]} to {self.dim}: it has no sequences"
            )
        return found


def _loaded(folder: Path, device: str) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer  # pyright: ignore[reportMissingImports] - an optional extra

    if (folder / "config.json").is_file():
        read_json(folder / "config.json")
    options = {"device": device, "local_files_only": True, "trust_remote_code": False}
    return SentenceTransformer(str(folder), model_kwargs={"dtype": torch.float32}, **options)


def sentence_attends(model: Any) -> bool:
    """Whether the model is a transformer whose attention can be watched."""
    first = next(iter(model))
    inner: Any = getattr(first, "model", None) or getattr(first, "auto_model", None)
    return getattr(getattr(inner, "config", None), "_attn_implementation", "") in WATCHED


def sentence_attribution(
    model: Any, text: str, direction: np.ndarray, rule: str, limit: TokenLimit, prompt: str | None = None
) -> Attribution:
    """Of one text: its tokens, those of the prompt before it and marks spanning nothing of it."""
    features = model.preprocess([text], prompt=prompt)
    features = {key: part.to(model.device) if hasattr(part, "to") else part for key, part in features.items()}
    length = features["input_ids"].shape[1]
    values = attention_attribution(
        lambda: model(features)["sentence_embedding"], direction, lambda keys: keys == length, rule
    )
    return Attribution(values, limit.places(text))

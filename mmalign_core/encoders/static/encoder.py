"""Texts through any static model of model2vec (Tulkens & van Dongen, 2024): the mean of its tokens' vectors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.data.names import shown
from mmalign_core.encoders.base import register
from mmalign_core.encoders.folder_model import FolderModel
from mmalign_core.encoders.long_texts import ReadsLongTexts
from mmalign_core.model_files import check_weights
from mmalign_core.model_files.verification import check_tokenizer
from mmalign_core.model_files.weights import files_of, read_json
from mmalign_core.types import BadInput, Media
from mmalign_core.wording import say

_REST_OF_WORD = re.compile(r"\w{0,64}")
"""Most characters by which a cut text is extended to the end of a word. Chosen: some languages have no spaces."""


@register("model2vec")
class Model2Vec(ReadsLongTexts, FolderModel):
    """Vectors of `StaticModel.encode`: no network runs, only rows of a table are averaged, so that it is fast."""

    modality = "text"
    space = "model2vec"
    summary = say("Texts through a static model, a mean of token vectors, fast without torch: model2vec:NAME_OR_FOLDER")
    packages = (("model2vec", "model2vec"),)
    batch_size = 256

    @classmethod
    def check_files(cls, folder: Path) -> None:
        """Raise BadInput unless the folder holds a table of vectors as safetensors, a tokenizer and settings."""
        check_weights(folder)
        if not files_of(folder, "*.safetensors"):
            raise BadInput(f"'{shown(folder)}' holds no vectors as safetensors; get them in that format")
        if not files_of(folder, "tokenizer.json"):
            raise BadInput(f"'{shown(folder)}' is no static model: no tokenizer.json is there; name a model2vec model")
        check_tokenizer(folder)
        for path in files_of(folder, "config*.json"):
            read_json(path)

    @cached_property
    def _model(self) -> Any:
        from model2vec import StaticModel  # pyright: ignore[reportMissingImports] - an optional extra

        try:
            model = StaticModel.from_pretrained(self.folder, force_download=False)
        except Exception as error:  # the tokenizer's and the format's libraries raise any error
            words = shown(str(error).splitlines()[0] if str(error) else type(error).__name__).rstrip(".")
            raise BadInput(f"model '{shown(self.model)}' cannot be loaded: {words}; fetch the model again") from error
        if model.embedding.ndim != 2 or not model.embedding.size:
            raise BadInput(f"model '{shown(self.model)}' holds no table of vectors; fetch the model again")
        return model

    def load(self) -> None:
        """Read the table and the tokenizer."""
        _ = self._model

    @property
    def dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - known once the model is loaded
        """Dimension of the vectors."""
        return int(self._model.dim)

    @property
    def surely_read(self) -> int:
        """The limit of tokens, each of which is a byte or more."""
        return int(self._model.max_length or self.settings.max_text_chars * 4)  # UTF-8: at most 4 bytes a character

    def view(self, media: Media) -> str:
        """The text, or what is read of it. Raises BadInput if the model knows none of its tokens."""
        text = super().view(media)
        if not any(self._model.tokenize([text])):
            raise BadInput(f"item '{media.item}': model '{self.model}' knows no word of the text; choose another model")
        return text

    def start_of(self, text: str) -> str:
        """The text up to the last token that the model reads, with the rest of its word."""
        read = self._model.tokenizer.encode(text, add_special_tokens=False)
        if not read.overflowing:
            return text
        end = max(stop for _, stop in read.offsets)
        rest = _REST_OF_WORD.match(text, end)
        return text[: rest.end() if rest else end]

    def prepare_text(self, text: str) -> str:
        """The text itself."""
        return text

    def encode_texts(self, prepared: Sequence[str]) -> np.ndarray:
        """Vectors (n, dim), unit ones if the model normalises them; zero for texts without a known token."""
        return np.asarray(self._model.encode(list(prepared), use_multiprocessing=False), np.float32)

    def steps_of(self, prepared: Sequence[str]) -> list[np.ndarray]:
        """For each text the vectors (tokens, dim) of its known tokens; one of zeros if it has none."""
        texts, most = list(prepared), self._model.max_length
        found = self._model.encode_as_sequence(texts, max_length=most, use_multiprocessing=False)
        return [np.asarray(rows if len(rows) else np.zeros((1, self.dim)), np.float32) for rows in found]

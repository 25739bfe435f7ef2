"""Pictures and texts through any dual encoder of transformers: CLIP, SigLIP 2, ALIGN, MetaCLIP 2 and their like."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.data.names import shown
from mmalign_core.encoders.base import Encoded, register
from mmalign_core.encoders.dual.towers import DualTowers, load_towers
from mmalign_core.encoders.torch_models.encoder import PASSES, SAMPLE, FolderEncoder, longest_first
from mmalign_core.encoders.torch_models.loader import load_quietly, share_loaded
from mmalign_core.encoders.torch_models.media_input import media_view, sample_pixels
from mmalign_core.model_files import check_weights
from mmalign_core.model_files.verification import check_code, check_sizes, check_tokenizer, other_encoder_hint
from mmalign_core.model_files.weights import read_json
from mmalign_core.types import BadInput, Media

_SPECIAL = 4
"""Special tokens of a text at most; our choice: models of this kind add one or two."""


@register("transformers")
class DualEncoder(FolderEncoder):
    """Unit vectors of `get_image_features` and `get_text_features`, each medium made ready by its processor."""

    modality = "image"
    modalities = ("image", "text")
    space = "transformers"
    summary = "Pictures and texts in one space through a dual encoder of transformers: transformers:NAME_OR_FOLDER"
    on_cpu = 16
    packages = (("transformers", "transformers"),)

    @classmethod
    def check_files(cls, folder: Path) -> None:
        """Raise BadInput unless the folder holds a model that transformers knows, complete and without code."""
        if not (folder / "config.json").is_file():
            hint = other_encoder_hint(folder, cls.name)
            raise BadInput(f"'{shown(folder)}' holds no model of transformers: no config.json is there{hint}")
        config = read_json(folder / "config.json")
        if config.get("model_type") == "clap":
            raise BadInput(f"'{shown(folder)}' holds a model of sounds{other_encoder_hint(folder, cls.name)}")
        check_weights(folder)
        check_code(folder)
        check_tokenizer(folder)
        check_sizes(config, folder)

    @cached_property
    def _towers(self) -> DualTowers:
        reference = f"{self.name}:{self.model}"
        key = (self.name, str(self.folder), self.version, self.device)
        towers = share_loaded(
            key, lambda: load_quietly(reference, self.folder, lambda: load_towers(self.folder, self.device))
        )
        towers.check(self.modality, self.model)
        return towers

    @cached_property
    def dim(self) -> int:  # pyright: ignore - known once the model is loaded
        """Dimension of the vectors."""
        return int(self.run_at(self.sample()[:1], "float32").shape[1])

    def load(self) -> None:
        """Load the weights, which both modalities share."""
        _ = self._towers, self.dim

    @property
    def surely_read(self) -> int:
        """The limit of tokens of a text less a few special ones."""
        return max(0, self._towers.limit.most - _SPECIAL) if self.modality == "text" else 0

    def view(self, media: Media) -> Any:
        """A text up to the last token that the model reads, or upright pixels (h, w, 3) uint8."""
        view = media_view(media, self.settings)
        return self._towers.limit.cut(view) if self.modality == "text" else view

    def from_view(self, view: Any) -> Any:
        """The text itself, or the processor's arrays."""
        return view if self.modality == "text" else self._towers.pixels(view)

    @property
    def batch_size(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Media per batch; texts for several passes, to sort them by length."""
        return PASSES * self.at_once if self.modality == "text" else self.at_once

    def sample(self) -> list[Any]:
        """Three texts or pictures, the last of the largest size."""
        return list(SAMPLE) if self.modality == "text" else [self.from_view(pixels) for pixels in sample_pixels()]

    def run_at(self, batch: Sequence[Any], dtype: str) -> np.ndarray:
        """Unit vectors (n, dim) of one batch, computed in `dtype`."""
        return (self._towers.texts if self.modality == "text" else self._towers.pictures)(batch, dtype)

    def encode(self, prepared: Sequence[Any]) -> Encoded:
        """Unit vectors (n, dim)."""
        if self.modality == "image":
            return Encoded(self.vectors(prepared))
        texts, place = longest_first(prepared)
        return Encoded(self.vectors(texts)[place])

    def sequences(self, prepared: Sequence[Any]) -> list[np.ndarray]:
        """Raises BadInput: towers of so many kinds have no common sequence in the shared space."""
        raise BadInput(f"model '{self.model}' gives one vector for a whole {self.modality}: it has no sequences")

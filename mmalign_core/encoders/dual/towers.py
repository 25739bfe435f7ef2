"""The two towers of a dual encoder of transformers: vectors of prepared pictures and of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.data.names import shown
from mmalign_core.encoders.text_input import TokenLimit
from mmalign_core.encoders.torch_models.devices import at_dtype
from mmalign_core.types import BadInput

Pixels = Mapping[str, np.ndarray]
"""The picture tower's input for one picture: name -> array (1, ...)."""
_PADDED = ("siglip", "siglip2")
"""Types whose texts are padded to their whole length, as in training (Zhai et al., ICCV 2023, and their cards)."""
_LONGEST = 512
"""Tokens of a text where neither the tokenizer nor the settings state a limit. Chosen: above every dual encoder."""


class DualTowers:
    """A loaded model, shared by both modalities."""

    def __init__(self, model: Any, processor: Any, device: str) -> None:
        """The objects that transformers loads; the model is on `device` and in evaluation mode."""
        self.model, self.device = model, device
        self._tokenizer: Any = getattr(processor, "tokenizer", None)
        self._pictures: Any = getattr(processor, "image_processor", None)

    def check(self, modality: str, name: str) -> None:
        """Raise BadInput unless the model has the modality's tower and what prepares its input."""
        part = self._tokenizer if modality == "text" else self._pictures
        if part is None or not hasattr(self.model, f"get_{modality}_features"):
            kind = type(self.model).__name__
            raise BadInput(f"model '{shown(name)}' ({kind}) has no tower of its own for {modality}; choose another")

    @cached_property
    def limit(self) -> TokenLimit:
        """The limit of tokens of a text."""
        return TokenLimit(self._tokenizer, self._most)

    @cached_property
    def _most(self) -> int:
        config = self.model.config
        stated = getattr(getattr(config, "text_config", config), "max_position_embeddings", _LONGEST)
        return int(min(self._tokenizer.model_max_length, stated, _LONGEST))

    def pixels(self, pixels: np.ndarray) -> Pixels:
        """The input for one picture (h, w, 3) uint8."""
        from PIL import Image

        made = self._pictures(images=Image.fromarray(pixels), return_tensors="pt")
        return {name: values.numpy() for name, values in made.items()}

    def pictures(self, batch: Sequence[Pixels], dtype: str = "float32") -> np.ndarray:
        """Unit vectors (n, dim) of pictures; those of unequal shape run one by one."""
        import torch

        shapes = {tuple(values.shape for values in one.values()) for one in batch}
        if len(shapes) > 1:
            return np.concatenate([self.pictures([one], dtype) for one in batch])
        arrays = {name: np.concatenate([one[name] for one in batch]) for name in batch[0]}
        inputs = {name: torch.from_numpy(values).to(self.device) for name, values in arrays.items()}
        with torch.inference_mode(), at_dtype(self.device, dtype):
            return _unit(self.model.get_image_features(**inputs))

    def texts(self, texts: Sequence[str], dtype: str = "float32") -> np.ndarray:
        """Unit vectors (n, dim) of texts, cut at the limit."""
        import torch

        padding = "max_length" if self.model.config.model_type in _PADDED else True
        options = {"padding": padding, "truncation": True, "max_length": self._most, "return_tensors": "pt"}
        tokens = self._tokenizer(list(texts), **options).to(self.device)
        with torch.inference_mode(), at_dtype(self.device, dtype):
            return _unit(self.model.get_text_features(**tokens))


def load_towers(folder: Path, device: str) -> DualTowers:
    """The model of a folder. Nothing is fetched, and no code of the model runs."""
    import torch
    from transformers import AutoModel, AutoProcessor  # pyright: ignore[reportMissingImports] - an optional extra

    here: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    processor = AutoProcessor.from_pretrained(str(folder), **here)
    model: Any = AutoModel.from_pretrained(str(folder), dtype=torch.float32, **here)
    return DualTowers(model.to(device).eval(), processor, device)


def _unit(output: Any) -> np.ndarray:
    from torch.nn.functional import normalize

    features = getattr(output, "pooler_output", output)  # a tensor before transformers 5
    return normalize(features.float(), dim=-1).cpu().numpy()

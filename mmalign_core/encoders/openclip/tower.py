"""The base class of both towers of an OpenCLIP model: files, weights and batches."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.encoders.base import Encoded
from mmalign_core.encoders.openclip.files import ModelFiles, model_files
from mmalign_core.encoders.openclip.loader import LoadedModel, shared_model
from mmalign_core.encoders.openclip.sources import FOLDER, Source, hub_files, source_of
from mmalign_core.encoders.torch_models.devices import at_dtype, stacked_on
from mmalign_core.encoders.torch_models.encoder import TorchEncoder
from mmalign_core.model_files.requirements import RequiredFiles
from mmalign_core.wording import say


class Tower(TorchEncoder):
    """One tower of a model: "MODEL/PRETRAINED", "hf-hub:ORG/NAME" or "local-dir:/FOLDER"."""

    name = "open-clip"
    modalities = ("image", "text")
    summary = say("Pictures and texts in one space: any OpenCLIP model, by name or folder (open-clip:MODEL/PRETRAINED)")
    licence = "MIT (code); weights: each model's own, see its card"

    @classmethod
    def full_name(cls, model: str) -> str:
        """The model's name, with the absolute path of a folder."""
        folder = model.removeprefix(FOLDER)
        return model if folder == model else f"{FOLDER}{Path(folder).expanduser().absolute()}"

    @classmethod
    def space_of(cls, model: str) -> str:
        """The name of the space, which both towers of a model share."""
        return f"{cls.name}:{model}"

    @classmethod
    def hub_files(cls, model: str) -> tuple[RequiredFiles, ...]:
        """The files of its tag or repository, or those that a local folder lacks."""
        return hub_files(source_of(model))

    @classmethod
    def stamp(cls, model: str) -> Any:
        """The stamp of weights, settings and tokenizer."""
        return model_files(source_of(model)).stamp

    @cached_property
    def source(self) -> Source:
        """The source that `model` names."""
        return source_of(self.model)

    @property
    def space(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """The name of the space, which both towers of a model share."""
        return self.space_of(self.model)

    @cached_property
    def files(self) -> ModelFiles:
        """The model's files. Raises BadInput with the fetch command if one is missing."""
        return model_files(self.source, self.settings)

    @cached_property
    def version(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Digest of weights, architecture, preprocessing and tokenizer."""
        return self.files.version

    @property
    def dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Dimension of the shared space, from the architecture."""
        return int(self.files.config["embed_dim"])

    @cached_property
    def loaded(self) -> LoadedModel:
        """The loaded model, shared by both towers."""
        return shared_model(self.source, self.files, self.version, self.device)

    def load(self) -> None:
        """Find, check and load the weights."""
        _ = self.loaded

    @abstractmethod
    def forward(self, batch: Any) -> Any:
        """Features (n, dim) of a batch on the device, not normalised."""

    @abstractmethod
    def steps(self, batch: Any) -> list[Any]:
        """For each item the steps (t, dim) of its sequence."""

    def encode(self, prepared: Sequence[np.ndarray]) -> Encoded:
        """Unit vectors (n, dim)."""
        return Encoded(self.vectors(prepared))

    def sequences(self, prepared: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each item (t, dim): cells or tokens in the shared space before pooling, not normalised.

        Raises BadInput for an architecture without such a sequence.
        """
        import torch

        def run(batch: Sequence[np.ndarray]) -> list[np.ndarray]:
            with torch.inference_mode():
                return [step.float().cpu().numpy() for step in self.steps(self._on_device(batch))]

        return [item for part in self.in_turn(run, prepared) for item in part]

    def run_at(self, batch: Sequence[np.ndarray], dtype: str) -> np.ndarray:
        """Unit vectors (n, dim) of one batch, computed in `dtype`."""
        import torch
        from torch.nn.functional import normalize

        with torch.inference_mode(), at_dtype(self.device, dtype):
            features = self.forward(self._on_device(batch))
        return normalize(features.float(), dim=-1).cpu().numpy()

    def _on_device(self, batch: Sequence[np.ndarray]) -> Any:
        return stacked_on(self.loaded.device, batch)

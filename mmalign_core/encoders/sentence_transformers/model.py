"""A sentence-transformers model of any modality: files, weights, prompts and the dimensions that are kept."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.data.names import shown
from mmalign_core.encoders.sentence_transformers.modalities import stated_modalities
from mmalign_core.encoders.torch_models.encoder import FolderEncoder
from mmalign_core.encoders.torch_models.loader import load_quietly, share_loaded
from mmalign_core.encoders.torch_models.model_files import check_sentence_files
from mmalign_core.model_files import found_model
from mmalign_core.model_files.catalogue import modalities_of
from mmalign_core.model_files.weights import read_json
from mmalign_core.params import param
from mmalign_core.types import MODALITIES, BadInput
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say

PROMPTS = {"document": ("document", "passage", "corpus"), "query": ("query",)}
"""Names of the prompts for documents and for queries, in the library's order. The first that is not empty is used: the
library saves an empty "document" prompt beside the "passage" prompt of a model."""


class SentenceModel(FolderEncoder):
    """One modality of a model; all modalities of a model share its weights and its space.

    Weights are safetensors, or `.bin` files that are read as plain tensors.
    """

    name = "sentence-transformers"
    modalities = MODALITIES
    space = "sentence-transformers"
    summary = say("Texts, pictures, sounds and videos through any sentence-transformers model that reads them")
    packages = (("sentence_transformers", "sentence-transformers"),)
    space_params = ("dims",)
    read_as: str = param(
        "document",
        choices=tuple(PROMPTS),
        help="prompt of all media, if the model has several",
    )
    dims: int = param(
        0, 0, 65_536, help="dimensions kept, for models trained so that the first ones suffice (Matryoshka); 0: all"
    )

    @classmethod
    def reads(cls, model: str = "") -> tuple[str, ...]:
        """What the model states in its files; of a model that is not here what the list of known models says."""
        if not model:
            return MODALITIES
        try:
            folder = found_model(cls.name, model)[1]
        except BadInput:
            return modalities_of(cls.name, model) or MODALITIES
        return stated_modalities(folder)

    @classmethod
    def check_files(cls, folder: Path) -> None:
        """Raise BadInput if the folder does not hold a complete sentence-transformers model."""
        check_sentence_files(folder, reads_texts="text" in stated_modalities(folder))

    @cached_property
    def dim(self) -> int:  # pyright: ignore - known once the model is loaded
        """Dimension of the vectors. Raises BadInput if fewer exist than `dims`."""
        if self.dims > self.whole:
            raise BadInput(f"model '{shown(self.model)}' has {self.whole} dimensions, fewer than dims={self.dims}")
        return self.dims or self.whole

    @cached_property
    def whole(self) -> int:
        """Dimension of the model's own vectors."""
        width = self.loaded.get_embedding_dimension()
        return int(width) if width else int(np.shape(self.run_whole(self.sample()[:1]))[1])

    @cached_property
    def loaded(self) -> Any:
        """The loaded model, shared by the modalities. Raises BadInput if it does not read this one after all."""
        key = (self.name, str(self.folder), self.version, self.device)
        reference = f"{self.name}:{self.model}"
        model = share_loaded(
            key, lambda: load_quietly(reference, self.folder, lambda: load_model(self.folder, self.device))
        )
        if self.modality not in model.modalities:
            stated = ", ".join(str(one) for one in model.modalities)
            raise BadInput(f"model '{shown(self.model)}' reads {stated}, not {self.modality}; choose another")
        return model

    @abstractmethod
    def run_whole(self, batch: Any) -> np.ndarray:
        """Vectors (n, whole) of one batch by the library."""

    def cut(self, vectors: np.ndarray) -> np.ndarray:
        """The first `dims` dimensions (n, dim) float32, as unit vectors again if the model normalises its own."""
        vectors = np.asarray(vectors, np.float32)
        if not self.dims or self.dims == vectors.shape[1]:
            return vectors
        kept = vectors[:, : self.dim]
        unit = type(list(self.loaded)[-1]).__name__ == "Normalize"
        return unit_rows(kept).astype(np.float32) if unit else np.ascontiguousarray(kept)


def load_model(folder: Path, device: str) -> Any:
    """The library's model of a folder. Nothing is fetched, and no code of the model runs."""
    import torch
    from sentence_transformers import SentenceTransformer  # pyright: ignore[reportMissingImports] - an optional extra

    if (folder / "config.json").is_file():
        read_json(folder / "config.json")
    options = {"device": device, "local_files_only": True, "trust_remote_code": False}
    return SentenceTransformer(str(folder), model_kwargs={"dtype": torch.float32}, **options)

"""Pictures and texts: any OpenCLIP model by name or folder (Radford et al., ICML 2021; Cherti et al., CVPR 2023)."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Self

from mmalign_core.encoders.base import register
from mmalign_core.encoders.openclip.files import ModelFiles, model_files
from mmalign_core.encoders.openclip.loading import Loaded, loaded
from mmalign_core.encoders.openclip.models import FOLDER, Source, source_of
from mmalign_core.encoders.torch_models.on_device import OnDevice


@register("open-clip")
class OpenClip(OnDevice):
    """Unit vectors (`encode_image` and `encode_text`, normalised, as the library's examples do) of one tower.

    Made with `of_model`; `model` is "MODEL/PRETRAINED", "hf-hub:ORG/NAME" or "local-dir:/FOLDER".
    """

    modality = "image"
    modalities = ("image", "text")
    summary = "Pictures and texts in one space: any OpenCLIP model, by name or folder (open-clip:MODEL/PRETRAINED)"
    licence = "MIT (code); weights: each model's own, see its card"

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """One tower of that model. BadInput lists models where none is given, or the nearest of an unknown name."""
        from mmalign_core.encoders.openclip.towers import TOWERS

        source = source_of(model)
        made: Any = TOWERS[modality]()
        made.source, made.model = source, str(source)
        return made

    @classmethod
    def full_name(cls, model: str) -> str:
        """A folder by its whole path."""
        folder = model.removeprefix(FOLDER)
        return model if folder == model else f"{FOLDER}{Path(folder).expanduser().absolute()}"

    @classmethod
    def space_of(cls, model: str) -> str:
        """Both towers of a model have the same."""
        return f"{cls.name}:{model}"

    @classmethod
    def stamp(cls, model: str) -> Any:
        """Of weights, settings and tokenizer."""
        return model_files(source_of(model)).stamp

    @cached_property
    def source(self) -> Source:
        """What `model` names."""
        return source_of(self.model)

    @property
    def space(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Both towers of a model have the same."""
        return self.space_of(self.model)

    @cached_property
    def files(self) -> ModelFiles:
        """What the model is built from; BadInput with the command that fetches what is not here."""
        return model_files(self.source, self.settings)

    @cached_property
    def version(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Digest of weights, architecture, preprocessing and tokenizer."""
        return self.files.version

    @property
    def dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Width of the shared space, as the architecture says."""
        return int(self.files.config["embed_dim"])

    @cached_property
    def loaded(self) -> Loaded:
        """The whole model, one in memory for both towers."""
        return loaded(self.source, self.files, self.version, self.device)

    def load(self) -> None:
        """Find, check and read the weights."""
        _ = self.loaded

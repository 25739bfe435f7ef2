"""Pictures and texts: any OpenCLIP model by name or folder (Radford et al., ICML 2021; Cherti et al., CVPR 2023)."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self

from mmalign_core.encoders.base import Encoder, register
from mmalign_core.encoders.devices import choose_device
from mmalign_core.encoders.openclip_files import ModelFiles, model_files
from mmalign_core.encoders.openclip_loading import Loaded, loaded
from mmalign_core.encoders.openclip_models import Source, source_of


@register("open-clip")
class OpenClip(Encoder):
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
        from mmalign_core.encoders.openclip_towers import TOWERS

        source = source_of(model)
        made: Any = TOWERS[modality]()
        made.source, made.model = source, str(source)
        return made

    @cached_property
    def source(self) -> Source:
        """What `model` names."""
        return source_of(self.model)

    @property
    def space(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Both towers of a model have the same."""
        return f"{self.name}:{self.model}"

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
    def device(self) -> str:
        """Where it runs."""
        return choose_device(self.settings.device)

    @property
    def batch_size(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Items at a time: more where a GPU waits for them."""
        return 16 if self.device == "cpu" else 128

    @cached_property
    def loaded(self) -> Loaded:
        """The whole model, one in memory for both towers."""
        return loaded(self.source, self.files, self.version, self.device)

    def load(self) -> None:
        """Find, check and read the weights."""
        _ = self.loaded

"""Pictures and texts: any OpenCLIP model by name or folder (Radford et al., ICML 2021; Cherti et al., CVPR 2023)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np

from mmalign_core.encoders.attribution import Attribution
from mmalign_core.encoders.base import register
from mmalign_core.encoders.explainable import DifferentiableInput, picture_input, without_border
from mmalign_core.encoders.openclip.sources import source_of
from mmalign_core.encoders.openclip.steps import (
    image_steps,
    picture_attribution,
    picture_grid,
    text_attends,
    text_attribution,
    text_steps,
)
from mmalign_core.encoders.openclip.tower import Tower
from mmalign_core.encoders.text_input import as_read, token_places, usable_text
from mmalign_core.encoders.torch_models.encoder import SAMPLE
from mmalign_core.types import BadInput, Media

_CONTEXT = 77
"""Tokens of a text where the architecture names no context (open_clip's CLIPTextCfg)."""


class ImageTower(Tower):
    """The image tower, with the model's own preprocessing."""

    modality = "image"

    def view(self, media: Media) -> np.ndarray:
        """uint8 pixels (height, width, 3) of the upright picture, transparency on white.

        If the model crops pictures, they are cropped and resized as in its preprocessing.
        """
        from mmalign_core.data.media.images import decode_image

        if media.path is None:
            raise BadInput(f"item '{media.item}': the picture has no file; give its path")
        image = decode_image(media.path, self.settings)
        if any(type(step).__name__ == "CenterCrop" for step in self._steps):
            for step in self._steps[: self._to_tensor]:
                image = step(image)
        return np.asarray(image)

    def from_view(self, view: np.ndarray) -> np.ndarray:
        """Normalised float32 (3, height, width). A cropped view already has its final size."""
        from PIL import Image

        return preprocessed(Image.fromarray(view), self._steps)

    def forward(self, batch: Any) -> Any:
        """`encode_image`."""
        return self.loaded.model.encode_image(batch)

    def steps(self, batch: Any) -> list[Any]:
        """For each picture (t, dim): patches or map cells, row by row."""
        return image_steps(self.loaded.model, batch, self.dim)

    def differentiable_input(self, view: np.ndarray) -> DifferentiableInput:
        """The prepared pixels."""
        model, device = self.loaded.model, self.loaded.device
        found = picture_input(self.from_view(view), lambda batch: model.encode_image(batch.to(device)))
        return replace(found, places=self._in_view(found.places, view))

    @property
    def attends(self) -> bool:
        """Whether the tower ends in attention over a grid of cells."""
        return picture_grid(self.loaded.model) is not None

    def attribution(self, view: np.ndarray, direction: np.ndarray, rule: str) -> Attribution:
        """The attribution to patches, or to the cells that a ResNet's attention pools, row by row."""
        found = picture_attribution(self.loaded.model, self._on_device([self.from_view(view)]), direction, rule)
        return replace(found, places=self._in_view(found.places, view))

    def _in_view(self, places: np.ndarray, view: np.ndarray) -> np.ndarray:
        padded = any(type(step).__name__ == "CenterCropOrPad" for step in self._steps)
        return without_border(places, view.shape[:2]) if padded else places

    def sample(self) -> list[np.ndarray]:
        """Three pictures: a gradient, stripes and noise."""
        across = np.broadcast_to(np.linspace(0, 255, 320)[None, :, None], (256, 320, 3))
        noise = np.random.default_rng(0).integers(0, 256, (256, 320, 3))
        return [
            self.from_view(pixels.astype(np.uint8)) for pixels in (across, np.where(across % 32 < 16, 0, 255), noise)
        ]

    @property
    def _steps(self) -> list[Any]:
        return self.loaded.preprocess.transforms

    @property
    def _to_tensor(self) -> int:
        return next(i for i, step in enumerate(self._steps) if type(step).__name__ in ("MaybeToTensor", "ToTensor"))


class TextTower(Tower):
    """The text tower, with the model's own tokenizer."""

    modality = "text"

    @property
    def languages(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride] - of the model
        """English for OpenAI's weights (Radford et al. 2021, 3.1.2); unknown for others."""
        return ("en",) if self.source.tag == "openai" else ()

    @property
    def surely_read(self) -> int:
        """The context of the model less the start and end token."""
        return int(self.files.config["text_cfg"].get("context_length", _CONTEXT)) - 2

    def view(self, media: Media) -> str:
        """The text up to the last word that is read at least in part. Raises BadInput if it is empty or too long."""
        return as_read(usable_text(media, self.settings), self.from_view)

    def prepare(self, media: Media) -> np.ndarray:
        """Token ids (context,) of the text, which equal those of its view. Raises as `view`."""
        return self.from_view(usable_text(media, self.settings))

    def from_view(self, view: str) -> np.ndarray:
        """int64 token ids (context,)."""
        return self.loaded.tokenize([view])[0].numpy()

    def forward(self, batch: Any) -> Any:
        """`encode_text`."""
        return self.loaded.model.encode_text(batch)

    def steps(self, batch: Any) -> list[Any]:
        """For each text (t, dim): tokens with the start and end tokens, without padding."""
        return text_steps(self.loaded.model, batch)

    @property
    def attends(self) -> bool:
        """Whether the tower's attention can be recorded."""
        return text_attends(self.loaded.model)

    def attribution(self, view: str, direction: np.ndarray, rule: str) -> Attribution:
        """The attribution to the tokens of a text."""
        ids, places = self._on_device([self.from_view(view)]), token_places(view, self.from_view)
        return text_attribution(self.loaded.model, ids, direction, places, rule)

    def sample(self) -> list[np.ndarray]:
        """Texts of different length."""
        return [self.from_view(text) for text in SAMPLE]


TOWERS: dict[str, type[Tower]] = {"image": ImageTower, "text": TextTower}


_TENSOR = ("MaybeToTensor", "ToTensor")


def preprocessed(image: Any, steps: Sequence[Any]) -> np.ndarray:
    """Apply the steps of a torchvision `Compose` to a Pillow image. Return float32 (3, height, width).

    A final `ToTensor` and `Normalize` are computed in NumPy, with equal bits: each thread that calls torch starts its
    own pool of threads, and the pools of all decoding threads would take the cores from the model.
    """
    kinds = [type(step).__name__ for step in steps]
    plain = len(steps) >= 2 and kinds[-2] in _TENSOR and kinds[-1] == "Normalize"
    for step in steps[:-2] if plain else steps:
        image = step(image)
    if not plain:
        return np.asarray(image)
    values = np.asarray(image).transpose(2, 0, 1).astype(np.float32, order="C")
    mean, std = (np.asarray(x, np.float32).reshape(-1, 1, 1) for x in (steps[-1].mean, steps[-1].std))
    values /= np.float32(255)
    values -= mean
    values /= std
    return values


@register("open-clip")
class OpenClip(Tower):
    """One tower: the normalised output of `encode_image` or `encode_text`, as in open_clip's examples."""

    modality = "image"

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """One tower of the model. Raises BadInput with suggestions if no model is given or the name is unknown."""
        source = source_of(model)
        tower: Any = TOWERS[modality]()
        tower.source, tower.model = source, str(source)
        return tower

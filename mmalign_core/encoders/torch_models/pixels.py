"""The last two steps of a picture's preprocessing, tensor and normalisation, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_TENSOR = ("MaybeToTensor", "ToTensor")


def preprocessed(image: Any, steps: Sequence[Any]) -> np.ndarray:
    """float32 (3, height, width) of a Pillow image by the steps of a torchvision `Compose`.

    Those that end in `ToTensor` and `Normalize` are computed by numpy, to the same last bit: every thread that calls
    torch keeps a team of threads of its own, and as many teams as decode would take the cores from the model.
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

"""The names of the 1,000 ImageNet classes, in the order classifiers give them."""

from __future__ import annotations

import importlib.util
from functools import cache

from mmalign_core.encoders.packages import package_folder


@cache
def imagenet_classes() -> tuple[str, ...]:
    """Names made for zero-shot use (Radford et al., 2021), read from open_clip's list without importing open_clip.

    Importing it would load torchvision and timm, seconds and megabytes for one list.
    """
    path = package_folder("open_clip", "efficientnet-lite0", "open_clip_torch") / "zero_shot_metadata.py"
    spec = importlib.util.spec_from_file_location("_open_clip_names", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot read {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(module.IMAGENET_CLASSNAMES)

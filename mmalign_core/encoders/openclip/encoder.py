"""Pictures and texts: any OpenCLIP model by name or folder (Radford et al., ICML 2021; Cherti et al., CVPR 2023)."""

from __future__ import annotations

from typing import Any, Self

from mmalign_core.encoders.base import register
from mmalign_core.encoders.openclip.models import source_of
from mmalign_core.encoders.openclip.tower import Tower
from mmalign_core.encoders.openclip.towers import TOWERS


@register("open-clip")
class OpenClip(Tower):
    """Unit vectors (`encode_image` and `encode_text`, normalised, as the library's examples do) of one tower."""

    modality = "image"

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """One tower of that model. BadInput lists models where none is given, or the nearest of an unknown name."""
        source = source_of(model)
        made: Any = TOWERS[modality]()
        made.source, made.model = source, str(source)
        return made

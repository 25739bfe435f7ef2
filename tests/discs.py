"""A small collection for the dashboard: drawings of discs with captions and a column of metadata."""

from pathlib import Path

from PIL import Image, ImageDraw

COLOURS = ("red", "blue", "green", "yellow", "black", "orange", "purple", "brown")
N = 24


def write_discs(folder: Path) -> Path:
    """Write N pictures and their manifest, and return the folder."""
    folder.mkdir()
    rows = ["id,image,text,kind"]
    for place in range(N):
        image = Image.new("RGB", (64, 64), "white")
        size, colour = 8 + place, COLOURS[place % 8]
        ImageDraw.Draw(image).ellipse((size // 2, 8, 56, 60 - size // 2), fill=colour)
        image.save(folder / f"i{place:02d}.png")
        kind = "odd" if place % 2 else "even"
        rows.append(f"i{place:02d},i{place:02d}.png,A {colour} disc number {place},{kind}")
    (folder / "manifest.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder

"""Twelve pictures of a circle each, and a dashboard whose store lies in a folder of its own."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from PIL import Image, ImageDraw

from mmalign_core.jobs import JOBS

COLOURS = ("red", "blue", "green", "yellow", "black", "orange", "purple", "grey", "brown", "pink", "navy", "teal")


def write_circles(root: Path, columns: Mapping[str, list[Any]]) -> None:
    """The pictures, and a manifest with these columns beside id, image and (where not given) a caption."""
    for place, colour in enumerate(COLOURS):
        image = Image.new("RGB", (64, 64), "white")
        ImageDraw.Draw(image).ellipse((8 + place, 8, 50, 50), fill=colour)
        image.save(root / f"{colour}.png")
    plain = {"id": COLOURS, "text": [f"a {c} circle" for c in COLOURS], "image": [f"{c}.png" for c in COLOURS]}
    pd.DataFrame({**plain, **columns}).to_csv(root / "manifest.csv", index=False)


@contextmanager
def dashboard_home(root: Path) -> Iterator[Path]:
    """MMALIGN_HOME lies in this folder, and nothing that another session's pages cached is seen or left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "MMALIGN_HOME", str(root / "home"))
        st.cache_resource.clear()
        yield root
    st.cache_resource.clear()


def finish() -> None:
    """Wait until all background work has ended."""
    for job in JOBS.all():
        assert job.wait(240), f"'{job.message}' does not end"

"""Figures saved from a real browser: PNG, SVG and HTML with a caption, of SVG and WebGL charts, and all rows."""

import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from tests.browser import MARKS, PATIENCE, Browser, Page, chart, drawn_map, settled
from tests.discs import N

pytestmark = MARKS
HEIGHT, START = 1100, False
SVG = "{http://www.w3.org/2000/svg}"


def save(page: Page, key: str, kind: str, folder: Path) -> Path:
    """The file that the menu of this chart saves."""
    menu = page.locator(f".st-key-{key}-save button").first
    if menu.get_attribute("aria-expanded") != "true":
        menu.click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="HTML" if kind == "html" else f"Save as {kind.upper()}").last.click()
    assert saved.value.suggested_filename == f"{key}.{kind}"
    path = folder / saved.value.suggested_filename
    saved.value.save_as(path)
    return path


def words(path: Path) -> str:
    """All text of an SVG file, in one line."""
    lines = [" ".join(part.itertext()) for part in ET.parse(path).iter(f"{SVG}text")]
    return " ".join(" ".join(lines).split())


def check_image(page: Page, path: Path, key: str, drawing: str = ".js-plotly-plot") -> None:
    """Check that the picture holds the chart in its size with room for the caption, that neither is blank."""
    box = page.locator(f".st-key-{key} {drawing}").last.bounding_box()
    assert box is not None
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    high, wide = pixels.shape[:2]
    assert abs(wide - 2 * box["width"]) <= 4 and high > 2 * box["height"] + 40
    marked = np.abs(pixels - pixels[2, 2]).sum(axis=2) > 90
    inside, below = marked[: int(2 * box["height"])], marked[int(2 * box["height"]) :]
    assert inside.mean() > 0.005, "the chart is drawn"
    assert below.mean() > 0.005, "the caption is drawn"
    coloured = pixels[: int(2 * box["height"])].max(axis=2) - pixels[: int(2 * box["height"])].min(axis=2) > 60
    assert coloured.sum() > 500, "bars or points are drawn, not axes alone"


def test_an_svg_chart_is_saved_with_its_caption(page: Page, chrome: Browser, discs: str, tmp_path: Path) -> None:
    page.goto(discs.format(page="align"))
    chart(page, "align-metrics", PATIENCE)
    check_image(page, save(page, "align-metrics", "png", tmp_path), "align-metrics")
    found = words(save(page, "align-metrics", "svg", tmp_path))
    assert "Source Sans" not in (tmp_path / "align-metrics.svg").read_text(encoding="utf-8"), "no font of the page"
    html = save(page, "align-metrics", "html", tmp_path).read_text(encoding="utf-8")
    for text in (found, html):
        assert "Retrieval metrics of both directions" in text
        assert "discs · " in text and "R@1" in text and date.today().isoformat() in text
    plain = chrome.new_page()
    plain.route("http*://**", lambda route: route.abort())
    plain.goto(f"file://{tmp_path / 'align-metrics.html'}")
    plain.locator(".js-plotly-plot .main-svg").first.wait_for()
    plain.close()


def test_a_webgl_chart_is_saved_with_its_points(page: Page, discs: str, tmp_path: Path) -> None:
    page.goto(discs.format(page="space") + "&map=%7B%22dimensions%22:3%7D")
    drawn_map(page, "map", PATIENCE)
    check_image(page, save(page, "map", "png", tmp_path), "map", ".map")
    found = words(save(page, "map", "svg", tmp_path))
    assert "Map of the shared space" in found and f"image {N}" in found, "caption and legend are text"
    assert ET.parse(tmp_path / "map.svg").find(f".//{SVG}image") is not None, "the points are in the file"
    html = save(page, "map", "html", tmp_path).read_text(encoding="utf-8")
    assert "Map of the shared space" in html and "scatter3d" in html


def test_a_table_is_saved_with_all_rows(page: Page, discs: str, tmp_path: Path) -> None:
    page.goto(discs.format(page="data") + "&as=Table")
    settled(page, PATIENCE)
    for kind, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        with page.expect_download() as saved:
            page.locator(f".st-key-data-{kind} button").click()
        saved.value.save_as(tmp_path / f"items.{kind}")
        assert len(read(tmp_path / f"items.{kind}")) == N

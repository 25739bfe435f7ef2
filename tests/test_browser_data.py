"""Data and Recommend in a real browser: details stay in view, nothing is cut on a phone, sliders have plain names."""

import re
from pathlib import Path

import pandas as pd
import pytest

from tests.browser import MARKS, PATIENCE, Browser, Page, expect, settled
from tests.circles import write_circles
from tests.sample_files import png, write

pytestmark = MARKS
MANY = 8
"""Captions of each of the twelve circles: enough cards that the gallery is longer than the screen."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("circles")
    write_circles(root, {"kind": ["warm", "cold"] * 6})
    for place in range(MANY * 6):
        (root / f"word-{place}.txt").write_text(f"A text of its own, number {place}")
    return root


def opened(chrome: Browser, address: str, width: int, height: int) -> Page:
    page = chrome.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.locator(".card").first.wait_for()
    settled(page, PATIENCE)
    return page


def test_the_details_stay_in_view_while_the_gallery_scrolls(chrome: Browser, address: str, folder: Path) -> None:
    page = opened(chrome, f"{address}/data?data=folder:{folder}", 1280, 500)
    page.locator(".card").last.scroll_into_view_if_needed()
    expect(page.locator(".st-key-aside h5")).to_be_in_viewport()
    page.close()


def test_a_facet_and_the_strip_open_their_galleries(chrome: Browser, address: str, folder: Path) -> None:
    page = opened(chrome, f"{address}/data?data=folder:{folder / 'manifest.csv'}", 1280, 900)
    page.get_by_role("combobox", name="kind").click()
    page.get_by_role("option", name="warm · 6").click()
    expect(page.get_by_text("6 of 12 items")).to_be_visible()
    page.close()


@pytest.mark.parametrize("name", ["", "data", "recommend"])
def test_nothing_is_cut_on_a_phone(chrome: Browser, address: str, folder: Path, name: str) -> None:
    page = chrome.new_page(viewport={"width": 390, "height": 844})
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/{name}?data=folder:{folder}")
    page.get_by_role("heading", level=1).wait_for()
    settled(page, PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cut = page.evaluate(
        """() => [...document.querySelectorAll('input[placeholder]')].filter((one) => {
          const probe = document.createElement('span');
          probe.style.cssText = `font:${getComputedStyle(one).font};position:absolute;white-space:pre`;
          probe.textContent = one.placeholder;
          document.body.append(probe);
          const wide = probe.getBoundingClientRect().width;
          probe.remove();
          return one.getBoundingClientRect().width && wide > one.clientWidth;
        }).map((one) => one.placeholder)"""
    )
    assert cut == []
    page.close()


def test_metric_labels_are_whole_and_sliders_have_plain_names(chrome: Browser, address: str, folder: Path) -> None:
    page = opened(chrome, f"{address}/data?data=folder:{folder}", 900, 800)
    for label in page.get_by_test_id("stMetricLabel").all():
        assert label.evaluate("(one) => one.scrollWidth <= one.clientWidth + 1")
    page.goto(f"{address}/recommend?data=folder:{folder}")
    page.locator(".card").first.wait_for()
    page.get_by_text("Weights and order").click()
    names = [slider.get_attribute("aria-label") or "" for slider in page.get_by_role("slider").all()]
    assert "Weight of text" in names and not [name for name in names if ":" in name]
    page.close()


def test_roles_are_changed_in_the_table_of_the_preview(chrome: Browser, address: str, tmp_path: Path) -> None:
    write(tmp_path, {f"{n}.png": png(n) for n in range(3)})
    table = {"file": [f"{n}.png" for n in range(3)], "title": ["A", "B", "C"], "words": ["a dog", "two cats", "a bus"]}
    pd.DataFrame(table).to_csv(tmp_path / "metadata.csv", index=False)
    page = opened(chrome, f"{address}/data?data=folder:{tmp_path}", 1280, 1000)
    page.get_by_text("Open a folder").click()
    settled(page, PATIENCE)
    page.locator("input[type=text]").first.fill(str(tmp_path))
    page.get_by_role("button", name="Preview").last.click()
    cells = page.locator("[class*=st-key-preview-roles] [role=gridcell]")
    expect(cells.nth(10)).to_have_text("metadata")
    settled(page, PATIENCE)
    box = page.locator("[class*=st-key-preview-roles] canvas").first.bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + box["width"] * 0.42, box["y"] + box["height"] - 15)
    page.get_by_text("text_vector", exact=True).wait_for()
    page.keyboard.type("text")
    page.keyboard.press("Enter")
    expect(page.get_by_text("text from 'words'")).to_be_visible()
    expect(cells.nth(10)).to_have_text("text")
    expect(cells.nth(6)).to_have_text("metadata")  # the title made way
    settled(page, PATIENCE)
    page.get_by_role("button", name="Open it").click()
    page.wait_for_url(re.compile("roles=.*words"))
    page.close()

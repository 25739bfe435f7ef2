"""Two runs compared in a browser: lists, one query in both, maps linked by pointer and selection, the table."""

import re
from collections.abc import Iterator

import pandas as pd
import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Browser, Page, expect

from benchmarks.dashboard import TITLES, browser, chart, chromium, go, serve, settled

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt install chromium"),
]

PATIENCE = 300_000
"""Milliseconds: a first start on a busy machine makes, encodes and aligns the demo."""
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def page(chrome: Browser, address: str) -> Iterator[Page]:
    opened = chrome.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(60_000)
    opened.goto(address)
    yield opened
    assert not opened.get_by_test_id("stException").count()
    opened.close()


def point_of(page: Page, panel: str) -> tuple[float, float]:
    """Where the first picture of a panel ("x" or "x2") of both maps is drawn."""
    x, y = page.evaluate(
        """(panel) => {
          const plot = document.querySelector('.st-key-compare-maps .js-plotly-plot');
          const found = plot._fullData.find((one) => one.name === 'image' && one.xaxis === panel);
          const xaxis = plot._fullLayout[panel.replace('x', 'xaxis')];
          const yaxis = plot._fullLayout[panel.replace('x', 'yaxis')];
          const box = plot.querySelector('.main-svg').getBoundingClientRect();
          const left = box.x + xaxis._offset + xaxis.d2p(found.x[0]);
          return [left, box.y + yaxis._offset + yaxis.d2p(found.y[0])];
        }""",
        panel,
    )
    return x, y


def two_runs(page: Page) -> None:
    """Use the best of the leaderboard's first three, so that the session has two runs, and open Compare."""
    go(page, TITLES["leaderboard"])
    expect(page.get_by_text("ranks first of the 3")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator(".st-key-board-stop")).to_have_count(0, timeout=PATIENCE)
    settled(page, PATIENCE)
    page.get_by_role("button", name="Use this aligner").click()
    page.get_by_role("heading", name=TITLES["align"], exact=True, level=1).wait_for()
    expect(page.get_by_text("The right text is").first).to_be_visible(timeout=PATIENCE)
    settled(page, PATIENCE)
    go(page, TITLES["compare"])
    chart(page, "compare-metrics", PATIENCE)


def test_two_runs_are_compared_from_the_sentence_to_the_maps_to_the_table(page: Page) -> None:
    two_runs(page)
    expect(page.get_by_text("recall@10 is").first).to_be_visible()
    cards = page.locator(".st-key-compare-won .card, .st-key-compare-lost .card")
    expect(cards.first).to_be_visible()
    item = cards.last.get_attribute("data-id")
    cards.last.click()
    page.wait_for_url(re.compile(rf"[?&]item={re.escape(str(item))}"))
    settled(page)
    expect(page.get_by_text("The same query in both runs")).to_have_count(1)
    expect(page.locator(".st-key-compare-side-0 .card")).to_have_count(1)
    expect(page.locator(".st-key-compare-side-1 .card")).to_have_count(1)

    maps = chart(page, "compare-maps", PATIENCE)
    maps.scroll_into_view_if_needed()
    x, y = point_of(page, "x")
    page.mouse.move(x - 30, y - 30)
    page.mouse.move(x, y, steps=4)
    rings = page.locator(".mmalign-ring")
    page.wait_for_function(
        """() => {
          const rings = [...document.querySelectorAll('.mmalign-ring')];
          return rings.length > 1 && new Set(rings.map((ring) => ring.dataset.item)).size === 1;
        }"""
    )  # one item under the pointer, once it rests
    other = str(rings.first.get_attribute("data-item"))
    lefts = page.evaluate(
        "() => [...document.querySelectorAll('.mmalign-ring')].map((ring) => ring.getBoundingClientRect().x)"
    )
    middle = maps.bounding_box()
    assert middle is not None
    centre = middle["x"] + middle["width"] / 2
    assert min(lefts) < centre < max(lefts), "a ring in each map"

    page.mouse.click(x, y)
    page.wait_for_url(re.compile(rf"[?&]item={re.escape(other)}(&|$)"))
    settled(page)
    drawn = page.evaluate(
        """() => document.querySelector('.st-key-compare-maps .js-plotly-plot')._fullData
          .filter((one) => one.name === 'selected').map((one) => one.x.length)"""
    )
    assert len(drawn) == 2 and min(drawn) > 0, "one selection in both maps"

    page.get_by_text("queries of this direction").click()
    with page.expect_download() as got:
        page.locator(".st-key-compare-queries-csv button").click()
    table = pd.read_csv(got.value.path())
    assert set(table["outcome"]) <= {"won", "lost", "both right", "both wrong"} and len(table) > 50

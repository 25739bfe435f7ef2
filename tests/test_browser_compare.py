"""Two runs compared in a browser: lists, one query in both, maps linked by pointer and selection, the table."""

import re

import pandas as pd

from tests.browser import MARKS, PATIENCE, TITLES, Page, chart, expect, go, loneliest, settled

pytestmark = MARKS


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
    other, place = loneliest(maps, "compare-maps", "image")
    maps.hover(position=place)
    rings = page.locator(f'.mmalign-ring[data-item="{other}"]')
    expect(rings.nth(1)).to_be_attached()
    lefts = rings.evaluate_all("rings => rings.map((ring) => ring.getBoundingClientRect().x)")
    middle = maps.bounding_box()
    assert middle is not None
    centre = middle["x"] + middle["width"] / 2
    assert min(lefts) < centre < max(lefts), "a ring in each map"

    maps.click(position=place)
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

"""Two runs compared in a browser: lists, one query in both, maps linked by pointer and selection, the table."""

import re

import pandas as pd
import pytest

from tests.browser import MARKS, PATIENCE, TITLES, Page, chart, drawn_map, expect, go, map_point, settled

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

    drawn_map(page, "compare-maps", PATIENCE, panels=2).first.scroll_into_view_if_needed()
    settled(page)
    x, y = map_point(page, "compare.maps", 4)
    page.mouse.move(x - 30, y - 30)
    page.mouse.move(x, y, steps=4)
    hovered = "() => window.mmalignMaps.get('compare.maps').panels.map((panel) => panel.marks.hovered)"
    page.wait_for_function(f"() => ({hovered})().every((points) => points.length === 1)")
    one, other = page.evaluate(hovered)
    assert one == other, "one medium is ringed in each map"
    expect(page.locator(".st-key-compare-maps .hover").first).to_contain_text(re.compile("image|text|audio"))

    page.mouse.click(x, y)
    page.wait_for_function(
        "(point) => window.mmalignMaps.get('compare.maps').panels.every((one) => one.marks.focus.includes(point))",
        arg=one[0],
    )
    assert "item=" in page.url
    page.get_by_role("button", name="Move the left map's points").click()
    page.wait_for_function("() => window.mmalignMaps.get('compare.maps').panels[0].between === 1")
    places = "(point) => window.mmalignMaps.get('compare.maps').panels.map((panel) => panel.share(point))"
    left, right = page.evaluate(places, one[0])
    assert left == pytest.approx(right, abs=1e-4), "the medium lies where it does on the right map"

    page.get_by_text("queries of this direction").click()
    with page.expect_download() as got:
        page.locator(".st-key-compare-queries-csv button").click()
    table = pd.read_csv(got.value.path())
    assert set(table["outcome"]) <= {"won", "lost", "both right", "both wrong"} and len(table) > 50

"""From a finding to its errors, by keys to a mark and back, to a repair with its proof, in a real browser."""

import re

from tests.browser import MARKS, PATIENCE, Page, chart, expect, settled

pytestmark = MARKS
HEIGHT = 1000


def active(page: Page) -> str:
    """The label of the row that the keys move."""
    return page.locator(".list .row.active .label").inner_text()


def toast(page: Page, words: str) -> None:
    expect(page.get_by_test_id("stToast").filter(has_text=words).first).to_be_visible()


def test_from_a_finding_to_a_mark_by_keys_to_a_repair_and_back(page: Page) -> None:
    follow_a_finding(page)
    move_by_keys(page)
    mark_by_keys(page)
    repair_keep_and_undo(page)


def follow_a_finding(page: Page) -> None:
    page.get_by_role("button", name="See these").first.click()
    page.get_by_role("heading", name="Errors", exact=True, level=1).wait_for()
    page.locator(".list .row").first.wait_for()
    settled(page, PATIENCE)
    assert "cause=" in page.url and "direction=" in page.url


def move_by_keys(page: Page) -> None:
    rows = page.locator(".list .row .label").all_inner_texts()
    assert active(page) == rows[0]

    page.keyboard.press("j")  # from anywhere on the page
    page.keyboard.press("ArrowDown")
    assert active(page) == rows[2]
    page.wait_for_url("**at=*")
    settled(page)
    expect(page.get_by_role("option", selected=True).locator(".label")).to_have_text(rows[2])
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", selected=True).locator(".label")).to_have_text(rows[1])
    outline = page.locator(".list").evaluate("list => getComputedStyle(list).outlineStyle")
    assert outline == "solid", "the list that has the focus shows it"


def mark_by_keys(page: Page) -> None:
    page.keyboard.press("2")
    toast(page, "Marked: wrong pair")
    expect(page.get_by_role("option", selected=True).locator(".mark")).to_have_text("⚑ wrong pair")
    page.keyboard.press("u")
    toast(page, "Taken back: wrong pair")
    expect(page.locator(".list .mark")).to_have_count(0)
    page.keyboard.press("2")
    expect(page.locator(".list .mark")).to_have_count(1)


def repair_keep_and_undo(page: Page) -> None:
    page.get_by_text("Repair", exact=True).first.click()
    expect(page.get_by_text("What would change")).to_be_visible()
    assert not page.get_by_text("What the repair brought").count(), "nothing runs before it is asked for"
    page.get_by_role("button", name="Repair and measure").click()
    expect(page.get_by_text("mean reciprocal rank")).to_be_visible(timeout=PATIENCE)
    settled(page, PATIENCE)
    page.get_by_role("button", name="Keep the repaired run").click()
    page.get_by_role("button", name="Open it").click(timeout=PATIENCE)
    page.get_by_text("This run is a repair of").wait_for(timeout=PATIENCE)
    assert "data=run%3A" in page.url or "data=run:" in page.url
    page.get_by_role("button", name="Undo: go back to the run before").click()
    page.locator(".list .row").first.wait_for()
    assert "data=run" not in page.url


def test_a_bar_lists_its_slice_and_the_list_is_turned_by_keys(page: Page, address: str) -> None:
    page.goto(f"{address}/errors?direction=image-%3Etext")
    page.locator(".list .row").first.wait_for()
    expect(page.get_by_role("radio", name="image → text")).to_be_checked()
    where = page.locator(".pager .where")
    expect(where).to_have_text(re.compile("^1–50 of"))
    page.locator(".list").focus()
    page.keyboard.press("End")
    page.keyboard.press("j")
    expect(where).to_have_text(re.compile("^51–100 of"))
    expect(page.locator(".list")).to_be_focused()
    chart(page, "errors-slices", PATIENCE).locator(".point path").first.click(force=True)
    page.wait_for_url("**slice=*")
    expect(where).not_to_have_text(re.compile("of 406"))
    page.get_by_role("button", name="Clear filters").click()
    expect(where).to_have_text(re.compile("812 queries"))

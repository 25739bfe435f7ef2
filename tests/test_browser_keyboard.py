"""From a finding to its repair and back with the keyboard alone: Tab, Enter, arrows, J, K and the keys of the marks."""

from tests.browser import MARKS, PATIENCE, TITLES, Locator, Page, expect, settled

pytestmark = MARKS
STOPS = 90
"""Presses of Tab after which a place counts as out of reach: the longest page has some 50 stops."""


def reach(page: Page, target: Locator) -> None:
    """Tab to the target, which then shows that it has the focus."""
    expect(target).to_be_visible(timeout=PATIENCE)
    settled(page, PATIENCE)
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        if target.evaluate("one => one.matches(':focus')"):
            shown = target.evaluate("one => getComputedStyle(one).outlineStyle + getComputedStyle(one).boxShadow")
            assert shown != "nonenone", "a ring shows where the focus is"
            return
    raise AssertionError(f"{STOPS} presses of Tab do not reach {target}")


def press(page: Page, name: str) -> None:
    """Tab to the button of this name, and press it by Enter."""
    reach(page, page.get_by_role("button", name=name, exact=True).first)
    page.keyboard.press("Enter")


def choose(page: Page, group: str, name: str) -> None:
    """Tab to the group's chosen option, move to the option of this name by arrows, and choose it."""
    options = page.get_by_role("radiogroup", name=group)
    reach(page, options.get_by_role("radio", checked=True))
    wanted = options.get_by_role("radio", name=name)
    for _ in range(options.get_by_role("radio").count()):
        page.keyboard.press("ArrowRight")
        if wanted.evaluate("one => one.matches(':focus')"):
            break
    page.keyboard.press("Enter")
    expect(wanted).to_be_checked()
    settled(page, PATIENCE)


def test_the_keyboard_alone_leads_from_a_finding_to_a_proof_and_back(page: Page) -> None:
    press(page, "See these")
    expect(page.get_by_role("heading", name=TITLES["errors"], exact=True, level=1)).to_be_visible()
    page.locator(".list .row").first.wait_for(timeout=PATIENCE)
    rows = page.locator(".list .row .label").all_inner_texts()
    reach(page, page.locator(".list"))
    page.keyboard.press("j")
    expect(page.get_by_role("option", selected=True).locator(".label")).to_have_text(rows[1])
    settled(page, PATIENCE)

    choose(page, "A closer look", "Why?")
    expect(page.locator(".st-key-errors-why")).to_be_visible(timeout=PATIENCE)
    settled(page, PATIENCE)

    page.keyboard.press("k")  # from anywhere on the page
    expect(page.locator(".list")).to_be_focused()
    page.keyboard.press("2")
    expect(page.get_by_role("option", selected=True).locator(".mark")).to_have_text("⚑ wrong pair")

    choose(page, "View", "Repair")
    press(page, "Repair and measure")
    expect(page.get_by_text("What the repair brought")).to_be_visible(timeout=PATIENCE)
    press(page, "Keep the repaired run")
    press(page, "Open it")
    expect(page.get_by_text("This run is a repair of")).to_be_visible(timeout=PATIENCE)
    press(page, "Undo: go back to the run before")
    page.locator(".list .row").first.wait_for(timeout=PATIENCE)
    assert "data=run" not in page.url

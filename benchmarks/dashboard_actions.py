"""What a person does on each page of the dashboard, as a browser does it; every round asks for something new."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Page

POINT = """([chart, row]) => {
  const plot = document.querySelector(`.st-key-${chart} .js-plotly-plot`);
  const found = plot._fullData.filter((one) => one.customdata && one.visible === true)
    .sort((a, b) => b.customdata.length - a.customdata.length)[0];
  const box = plot.querySelector('.nsewdrag').getBoundingClientRect();
  const axis = (name, kind) => plot._fullLayout[name.replace(kind, `${kind}axis`)];
  const [x, y] = [axis(found.xaxis, 'x'), axis(found.yaxis, 'y')];
  const at = row % found.x.length;
  return [box.x + x.d2p(found.x[at]), box.y + y.d2p(found.y[at])];
}"""
"""Where a point of the longest clickable trace of a chart lies on the screen."""


@dataclass(frozen=True)
class Action:
    """`page`: where it is done. `what`: its name. `act` gets the page and the round, from 0."""

    page: str
    what: str
    act: Callable[[Page, int], None]


def slide(page: Page, label: str, key: str) -> None:
    """One step of the slider by keyboard."""
    page.get_by_role("slider", name=label).first.press(key)


def pick(page: Page, key: str, place: int) -> None:
    """The option at `place` of the menu with this key, counted on from its start; opening it causes no rerun."""
    options = page.get_by_role("option")
    if not options.count():  # a menu of several values stays open after a choice
        page.locator(f".st-key-{key} [data-baseweb=select], .st-key-{key} [role=combobox]").first.click()
    options.first.wait_for()
    options.nth(place % options.count()).click()


def press(page: Page, name: str, inside: str = "") -> None:
    """A radio, pill, toggle or button with this name."""
    within = page.locator(f".st-key-{inside}") if inside else page
    within.get_by_text(name, exact=True).first.click()


def click_point(page: Page, chart: str, row: int) -> None:
    """Click on a point of a plotly chart."""
    found = page.locator(f".st-key-{chart} .js-plotly-plot")
    found.scroll_into_view_if_needed()
    x, y = page.evaluate(POINT, [chart, row])
    page.mouse.move(x, y)
    page.mouse.click(x, y)


def type_words(page: Page, key: str, words: str) -> None:
    """Type into a field and press Enter."""
    field = page.locator(f".st-key-{key} input").first
    field.fill(words)
    field.press("Enter")


def _arrow(round_: int) -> str:
    return "ArrowRight" if round_ % 2 else "ArrowLeft"


def _row(page: Page, round_: int) -> None:
    """A row of the list of queries that is not open."""
    page.locator('.list .row[aria-selected="false"]').nth(2 + round_ % 3).click()


def _key(page: Page, key: str) -> None:
    page.locator(".list").first.press(key)


def _dialog(page: Page, round_: int) -> None:
    """Close the dialog of the round before, and open a pair; closing it causes no rerun."""
    if page.get_by_role("dialog").count():
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
    page.locator(".st-key-pairs-Worst .card").nth(round_ % 6).click()


def data(words: tuple[str, ...]) -> Iterator[Action]:
    """The gallery: cards, pages, facets, search."""
    yield Action("data", "click a card", lambda p, n: p.locator(".card").nth(n + 1).click())
    yield Action("data", "next page", lambda p, n: p.get_by_test_id("stPagination").get_by_text(str(2 + n % 2)).click())
    yield Action("data", "facet", lambda p, n: pick(p, "facets", n))
    yield Action("data", "find by words", lambda p, n: type_words(p, "find", words[n % len(words)]))
    yield Action("data", "cards or table", lambda p, n: press(p, ("Table", "Cards")[n % 2], "as"))


def errors() -> Iterator[Action]:
    """The list of queries: moving, marks, filters, slices."""
    yield Action("errors", "next by j", lambda p, n: _key(p, "j"))
    yield Action("errors", "next by click", _row)
    yield Action("errors", "mark by key", lambda p, n: _key(p, str(1 + n % 5)))
    yield Action("errors", "undo a mark", lambda p, n: _key(p, "u"))
    looks = ("Neighbours", "All ranks", "What outranks it")
    yield Action("errors", "closer look", lambda p, n: press(p, looks[n % 3], "look"))
    yield Action("errors", "sort", lambda p, n: pick(p, "sort", n + 1))
    yield Action("errors", "cause filter", lambda p, n: pick(p, "cause", n + 1))
    yield Action("errors", "clear filters", _clear)
    yield Action("errors", "bar of a slice", lambda p, n: click_point(p, "errors-slices", n))
    yield Action("errors", "only wrong", lambda p, n: p.locator(".st-key-wrong label").first.click())


def _clear(page: Page, round_: int) -> None:
    page.get_by_role("button", name="Clear filters").click()


def similarity() -> Iterator[Action]:
    """The matrix, the cards and the threshold."""
    yield Action("similarity", "rows shown", lambda p, n: slide(p, "Rows shown", "ArrowRight"))
    yield Action("similarity", "click a cell", lambda p, n: click_point(p, "heat", 30 + 17 * n))
    yield Action("similarity", "threshold", lambda p, n: slide(p, "Accept answers", "ArrowRight"))
    yield Action("similarity", "open a card", _dialog)


def space() -> Iterator[Action]:
    """The map and the item in focus."""
    yield Action("space", "click on the map", lambda p, n: click_point(p, "map", 3 + 19 * n))
    yield Action("space", "colour by", lambda p, n: pick(p, "colour", n + 1))
    yield Action("space", "links", lambda p, n: pick(p, "links", n + 1))
    yield Action("space", "near item", lambda p, n: p.locator(".st-key-space-near .card").nth(n % 3).click())


def _tune(page: Page, label: str, key: str) -> None:
    """A step of a slider in the folded box, which is opened first and causes no rerun."""
    if not page.get_by_role("slider", name=label).first.is_visible():
        page.get_by_text("Weights and order").click()
        page.get_by_role("slider", name=label).first.wait_for()
    slide(page, label, key)


def recommend() -> Iterator[Action]:
    """Weights, reasons and words."""
    yield Action("recommend", "weight of a modality", lambda p, n: _tune(p, "Weight of", _arrow(n)))
    yield Action("recommend", "diversity", lambda p, n: _tune(p, "Diversity", "ArrowRight"))
    yield Action("recommend", "popularity", lambda p, n: _tune(p, "Popularity", _arrow(n)))
    yield Action("recommend", "how many", lambda p, n: _tune(p, "How many", _arrow(n)))
    cards = ".st-key-recommend-cards .card"
    yield Action("recommend", "why another card", lambda p, n: p.locator(cards).nth(1 + n % 5).click())
    yield Action("recommend", "words or shares", lambda p, n: press(p, ("Words", "Shares")[n % 2], "why-part"))


def compare() -> Iterator[Action]:
    """Queries won and lost."""
    cards = ".st-key-compare-won .card, .st-key-compare-lost .card, .st-key-compare-moved-text .card"
    yield Action("compare", "click a card", lambda p, n: p.locator(cards).nth(n % 5).click())
    yield Action("compare", "direction", lambda p, n: p.locator(".st-key-compare-way button").nth((n + 1) % 2).click())


def every_action(words: tuple[str, ...]) -> list[Action]:
    """All of them, page by page. `words`: what the search looks for."""
    return [*data(words), *errors(), *similarity(), *space(), *recommend(), *compare()]

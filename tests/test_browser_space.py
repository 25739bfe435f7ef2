"""The map and the matrix in a real browser: zoom kept, lasso to metrics and CSV, turning in space, cards that open."""

from pathlib import Path

import pytest

from tests.browser import MARKS, PATIENCE, Page, chart, expect, settled
from tests.discs import N

pytestmark = MARKS
HEIGHT, START = 1100, False
PLOT = "document.querySelector('.st-key-map .js-plotly-plot')"


def show_map(page: Page, discs: str, more: str = "") -> None:
    page.goto(discs.format(page="space") + more)
    chart(page, "map", PATIENCE)
    # the layout of the chart is ready when plotly has computed its ranges
    page.wait_for_function(f"() => {PLOT}?._fullLayout?.xaxis?.range || {PLOT}?._fullLayout?.scene?._scene")


def ranges(page: Page) -> list[float]:
    return page.evaluate(f"() => [...{PLOT}._fullLayout.xaxis.range, ...{PLOT}._fullLayout.yaxis.range]")


def tool(page: Page, title: str) -> None:
    page.locator(".st-key-map .js-plotly-plot").hover()
    page.locator(f'.st-key-map [data-title="{title}"]').click()


def place_of(page: Page, number: int) -> tuple[float, float]:
    """Where the numbered point inside the drawing area lies on the screen."""
    found = page.evaluate(
        f"""(number) => {{
          const plot = {PLOT}, box = plot.querySelector('.nsewdrag').getBoundingClientRect();
          const {{xaxis, yaxis}} = plot._fullLayout, seen = [];
          for (const trace of plot._fullData.filter((one) => one.mode === 'markers' && one.customdata))
            trace.x.forEach((x, at) => {{
              const place = [xaxis.d2p(x), yaxis.d2p(trace.y[at])];
              if (place[0] > 30 && place[1] > 30 && place[0] < box.width - 30 && place[1] < box.height - 30)
                seen.push([box.x + place[0], box.y + place[1]]);
            }});
          return seen[number % seen.length];
        }}""",
        number,
    )
    return found[0], found[1]


def test_a_click_keeps_the_zoom(page: Page, discs: str) -> None:
    show_map(page, discs)
    before = ranges(page)
    tool(page, "Zoom out")
    page.wait_for_function(f"(was) => Math.abs({PLOT}._fullLayout.xaxis.range[0] - was) > 1e-6", arg=before[0])
    zoomed = ranges(page)
    for number in (3, 9):
        page.evaluate(f"() => {{ {PLOT}.dataset.earlier = 'yes'; }}")
        page.mouse.click(*place_of(page, number))
        page.wait_for_function(f"() => {PLOT} && !{PLOT}.dataset.earlier")  # the chart is drawn anew
        page.wait_for_function(f"(was) => Math.abs({PLOT}._fullLayout?.xaxis?.range[0] - was) < 1e-6", arg=zoomed[0])
        settled(page)
        assert ranges(page) == pytest.approx(zoomed)
    assert "item=" in page.url


def test_a_lasso_opens_gallery_metrics_and_csv(page: Page, discs: str) -> None:
    show_map(page, discs)
    expect(page.get_by_text("Nothing selected")).to_have_count(1)
    tool(page, "Lasso Select")
    box = page.locator(".st-key-map .nsewdrag").bounding_box()
    assert box is not None
    left, top, right, low = box["x"] + 4, box["y"] + 4, box["x"] + box["width"] * 0.62, box["y"] + box["height"] - 4
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((right, top), (right, low), (left, low), (left, top + 2)):
        page.mouse.move(*corner, steps=6)
    page.mouse.up()
    tray = page.locator(".st-key-tray")
    expect(tray).to_contain_text("selected", timeout=60_000)
    settled(page)
    many = page.locator(".st-key-space-selection .card").count()
    assert 0 < many <= N
    expect(page.get_by_text(f"The {many} selected items beside the {N - many} others")).to_have_count(1)
    with page.expect_download() as saved:
        page.locator(".st-key-space-selection-csv button").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    assert text.startswith("metric,direction") and "recall@10" in text and "modality gap" in text


def test_isolating_a_group_hides_its_links(page: Page, discs: str) -> None:
    show_map(page, discs, "&links=Worst+pairs")
    assert page.evaluate(f"() => {PLOT}._fullData[0].name") == "links"
    page.locator(".st-key-map .legendtoggle").first.dblclick()
    page.wait_for_function(f"() => {PLOT}._fullData[0].visible === 'legendonly'")


def test_the_toolbar_leaves_the_legend_free(page: Page, discs: str) -> None:
    show_map(page, discs)
    page.locator(".st-key-map .js-plotly-plot").hover()
    bar, legend = (page.locator(f".st-key-map {name}").first.bounding_box() for name in (".modebar", ".legend"))
    assert bar and legend and bar["y"] + bar["height"] <= legend["y"]


def test_a_drag_turns_the_map_in_space(page: Page, discs: str) -> None:
    show_map(page, discs, "&map=%7B%22dimensions%22:3%7D")
    eye = f"() => JSON.stringify({PLOT}._fullLayout.scene._scene.getCamera().eye)"
    page.wait_for_function(f"() => {PLOT}._fullLayout.scene._scene.glplot")
    before = page.evaluate(eye)
    centre = f"() => JSON.stringify({PLOT}._fullLayout.scene._scene.getCamera().center)"
    middle = page.evaluate(centre)
    box = page.locator(".st-key-map .js-plotly-plot").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y + 20, steps=8)
    page.mouse.up()
    page.wait_for_function(f"(was) => ({eye})() !== was", arg=before)
    assert page.evaluate(centre) == middle, "it turns and does not move"


def test_a_card_among_the_worst_pairs_opens_its_pair(page: Page, discs: str) -> None:
    page.goto(discs.format(page="similarity"))
    chart(page, "heat", PATIENCE)
    card = page.locator(".card").nth(1)
    title = card.locator(".title").inner_text()
    card.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The right answer ranks")
    expect(dialog).to_contain_text(title[:20])
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    settled(page)
    expect(page.get_by_test_id("stMetricValue").nth(2)).to_have_text("no")
    expect(page.get_by_text(title).first).to_be_visible()


def test_a_click_on_a_group_opens_its_queries(page: Page, discs: str) -> None:
    page.goto(discs.format(page="similarity") + "&rows=Groups&group=kind")
    chart(page, "groups", PATIENCE)
    box = page.locator(".st-key-groups .nsewdrag").bounding_box()
    assert box is not None
    group = page.get_by_role("combobox", name="Queries of")
    for share in (0.25, 0.75):  # of two groups the first and the second, each against itself
        page.mouse.click(box["x"] + box["width"] * share, box["y"] + box["height"] * share)
        row = page.evaluate(
            "(share) => document.querySelector('.st-key-groups .js-plotly-plot').data[1].hovertext"
            ".at(share < 0.5 ? 0 : -1).split('<br>')[0].split(': ')[1]",
            share,
        )
        expect(group).to_have_value(row, timeout=60_000)
        settled(page)

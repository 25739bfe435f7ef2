"""The map and the matrix in a real browser: zoom kept, lasso to metrics and CSV, turning in space, cards that open."""

import re
from pathlib import Path

from tests.browser import MARKS, PATIENCE, Page, chart, drawn_map, expect, map_camera, map_point, settled
from tests.discs import N

pytestmark = MARKS
HEIGHT, START = 1100, False


def show_map(page: Page, discs: str, more: str = "") -> None:
    page.goto(discs.format(page="space") + more)
    drawn_map(page, "map", PATIENCE)


def status(page: Page) -> str:
    return page.locator(".st-key-map [role=status]").inner_text()


def drag_around(page: Page, share: float) -> None:
    """Draw around the left share of the map."""
    box = page.locator(".st-key-map .stage").bounding_box()
    assert box is not None
    left, top, right, low = box["x"] + 4, box["y"] + 4, box["x"] + box["width"] * share, box["y"] + box["height"] - 4
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((right, top), (right, low), (left, low), (left, top + 2)):
        page.mouse.move(*corner, steps=6)
    page.mouse.up()


def test_a_click_keeps_the_zoom(page: Page, discs: str) -> None:
    show_map(page, discs)
    before = map_camera(page, "map")
    page.get_by_role("button", name="Zoom out").click()
    zoomed = map_camera(page, "map")
    assert zoomed[2] < before[2]
    for number in (3, 9):
        x, y = map_point(page, "map", number)
        page.mouse.click(x, y)
        page.wait_for_function(
            """([x, y]) => {
              const panel = window.mmalignMaps.get('map')?.panels[0];
              if (!panel?.ready) return false;
              const box = panel.stage.getBoundingClientRect();
              return panel.marks.focus.includes(panel.nearest(x - box.x, y - box.y, 12, 1)[0]);
            }""",
            arg=[x, y],
        )
        settled(page)
        assert map_camera(page, "map") == zoomed
    assert "item=" in page.url
    page.get_by_role("link", name="Data", exact=True).first.click()
    page.get_by_role("heading", name="Data", exact=True, level=1).wait_for()
    page.get_by_role("link", name="Shared space", exact=True).first.click()
    page.get_by_role("heading", name="Shared space", exact=True, level=1).wait_for()
    drawn_map(page, "map", PATIENCE)
    assert map_camera(page, "map") == zoomed, "also over other pages"


def test_a_lasso_opens_gallery_metrics_and_csv(page: Page, discs: str) -> None:
    show_map(page, discs)
    expect(page.get_by_text("Nothing selected").last).to_be_visible()
    page.get_by_role("button", name="Lasso").click()
    drag_around(page, 0.62)
    tray = page.locator(".st-key-tray")
    expect(tray).to_contain_text("selected", timeout=60_000)
    settled(page)
    many = page.locator(".st-key-space-selection .card").count()
    assert 0 < many <= N
    expect(page.locator(".st-key-map [role=status]")).to_have_text(f"{many} items selected")
    assert page.get_by_role("button", name="Lasso").get_attribute("aria-pressed") == "true"
    expect(page.get_by_text(f"The {many} selected items beside the {N - many} others")).to_have_count(1)
    with page.expect_download() as saved:
        page.locator(".st-key-space-selection-csv button").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    assert text.startswith("metric,direction") and "recall@10" in text and "modality gap" in text


def test_the_pointer_shows_what_a_point_is(page: Page, discs: str) -> None:
    show_map(page, discs)
    x, y = map_point(page, "map", 2)
    page.mouse.move(x - 40, y - 40)
    page.mouse.move(x, y, steps=4)
    box = page.locator(".st-key-map .hover")
    expect(box).to_be_visible()
    expect(box).to_contain_text("disc")
    expect(box.locator(".facts")).to_have_text(re.compile("image|text"))


def test_points_are_stepped_through_opened_and_selected_by_keys(page: Page, discs: str) -> None:
    show_map(page, discs)
    page.locator(".st-key-map .stage").focus()
    before = map_camera(page, "map")
    for key in ("+", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    after = map_camera(page, "map")
    assert after[2] > before[2] and after[0] < before[0] and after[1] > before[1]
    page.keyboard.press("n")
    said = page.locator(".st-key-map [role=status]")
    expect(said).to_contain_text("disc")
    first = status(page)
    page.keyboard.press("n")
    expect(said).not_to_have_text(first)
    page.keyboard.press("p")
    expect(said).to_have_text(first)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("[?&]item="))
    settled(page)
    assert map_camera(page, "map") == after
    page.locator(".st-key-map .stage").focus()
    page.keyboard.press("s")
    expect(page.locator(".st-key-tray")).to_contain_text("selected", timeout=60_000)


def test_isolating_a_group_hides_the_others_and_their_links(page: Page, discs: str) -> None:
    show_map(page, discs, "&links=Worst+pairs")
    shown = """() => {
      const panel = window.mmalignMaps.get('map').panels[0], { links } = panel.marks;
      const seen = [...Array(panel.n).keys()].filter(panel.seen).length;
      return [seen, links.length, links.filter(panel.seen).length];
    }"""
    seen, ends, visible = page.evaluate(shown)
    assert (seen, visible) == (2 * N, ends) and ends > 0
    group = page.locator(".st-key-map").get_by_role("button", name="image")
    group.click()
    expect(group).to_have_attribute("aria-pressed", "true")
    seen, ends, visible = page.evaluate(shown)
    assert seen == N and visible == ends / 2, "a link needs both its ends"
    group.click()
    assert page.evaluate(shown)[0] == 2 * N


def test_nothing_covers_the_legend(page: Page, discs: str) -> None:
    show_map(page, discs)
    legend, tools, stage = (
        page.locator(f".st-key-map {name}").bounding_box() for name in (".legend", ".tools", ".stage")
    )
    assert legend and tools and stage
    assert legend["y"] + legend["height"] <= stage["y"] and legend["x"] + legend["width"] <= tools["x"]


def test_names_of_groups_never_cover_one_another_and_lead_nearer(page: Page, discs: str) -> None:
    show_map(page, discs, "&names=true")
    names = page.locator(".st-key-map .name:not([hidden])")
    names.first.wait_for(timeout=PATIENCE)
    for _ in range(4):
        boxes = names.evaluate_all("names => names.map((name) => name.getBoundingClientRect().toJSON())")
        for at, one in enumerate(boxes):
            for other in boxes[at + 1 :]:
                beside = one["right"] <= other["left"] or other["right"] <= one["left"]
                assert beside or one["bottom"] <= other["top"] or other["bottom"] <= one["top"]
        page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Show the whole map").click()
    before = map_camera(page, "map")
    names.first.click()
    assert map_camera(page, "map")[2] > before[2] and status(page).startswith("Nearer to ")


def test_a_drag_turns_the_map_in_space(page: Page, discs: str) -> None:
    show_map(page, discs, "&map=%7B%22dimensions%22:3%7D")
    before = map_camera(page, "map")
    box = page.locator(".st-key-map .stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y + 20, steps=8)
    page.mouse.up()
    after = map_camera(page, "map")
    assert after[:2] != before[:2]
    assert after[2:] == before[2:], "it turns and does not move"
    page.get_by_role("button", name="Lasso").click()
    drag_around(page, 0.6)
    expect(page.locator(".st-key-tray")).to_contain_text("selected", timeout=60_000)


def test_without_webgl_a_picture_of_the_density_takes_its_place(page: Page, discs: str) -> None:
    page.add_init_script(
        "const real = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext ="
        " function (kind, ...more) { return kind.startsWith('webgl') ? null : real.call(this, kind, ...more); };"
    )
    page.goto(discs.format(page="space"))
    picture = page.locator(".st-key-map img.density")
    expect(picture).to_be_visible(timeout=PATIENCE)
    settled(page)
    box = picture.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3)
    page.wait_for_url(re.compile("[?&]item="))


def test_a_lost_context_leaves_a_picture(page: Page, discs: str) -> None:
    show_map(page, discs)
    page.evaluate("() => window.mmalignMaps.get('map').panels[0].gl.getExtension('WEBGL_lose_context').loseContext()")
    expect(page.locator(".st-key-map img.density")).to_be_visible(timeout=60_000)


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

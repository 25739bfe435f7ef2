"""Hostile words wherever a page shows a person's data: no script of theirs runs, and no other host is asked.

A generated walk opens every page over them, and there every menu, tab, chart and table that can be opened.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from mmalign_core.workflow import Choices, align, encode, open_collection, report_html, save_run
from tests.browser import MARKS, PATIENCE, TITLES, Browser, Page, serve, settled

pytestmark = MARKS
START = False

ELSEWHERE = "evil.example"
HOSTILE = (
    "<script>window.ran='script'</script>",
    "<img src=x onerror=\"window.ran='onerror'\">",
    f"<img src=http://{ELSEWHERE}/pixel.png>",
    f"![look](http://{ELSEWHERE}/markdown.png)",
    f"[click](http://{ELSEWHERE}/link) [run](javascript:window.ran='link')",
    f'<a href="http://{ELSEWHERE}/anchor">a label of a chart</a>',
    "<svg onload=\"window.ran='svg'\"><style>@import url(http://evil.example/a.css)</style></svg>",
    f'=HYPERLINK("http://{ELSEWHERE}","sum")',
    "+cmd|' /C calc'!A0",
    "\u202egnp.kcolc a name that reads backwards \u2066",
    "$\\href{javascript:window.ran='tex'}{x}$ `code` :material/home: :red[red] <!-- comment",
    "'\"></textarea></title></style><iframe src=javascript:window.ran='frame'>",
)
COLOURS = ("red", "blue", "green", "yellow", "black", "orange", "purple", "brown", "navy", "olive", "teal", "gray")
WATCH = """
window.ran = '';
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.blockedURI));
window.alert = window.confirm = window.prompt = () => { window.ran = 'dialog'; };
"""
FOUND = """(elsewhere) => {
  const found = [];
  for (const node of document.querySelectorAll('*'))
    for (const name of ['href', 'src', 'srcset', 'action', 'xlink:href', 'data', 'poster', 'style']) {
      const value = node.getAttribute(name) || '';
      if (value.includes(elsewhere) || value.trim().toLowerCase().startsWith('javascript:'))
        found.push(`${node.tagName} ${name}=${value.slice(0, 80)}`);
    }
  return found;
}"""
OPENERS = (
    "[data-testid=stPopover] button",
    "[data-testid=stExpander] summary",
    "[data-baseweb=tab]",
    "[data-testid=stSelectbox] input",
    "[data-testid=stMultiSelect] input",
)
MOST_OPENED = 6
"""Of each kind on a page; the others of the kind are drawn by the same code."""


def write_hostile(folder: Path) -> Path:
    """A manifest whose ids, texts, columns, values, users and file names are hostile, and pictures for it."""
    folder.mkdir()
    rows, met = [], []
    for place in range(2 * len(HOSTILE)):
        words, name = (
            HOSTILE[place % len(HOSTILE)],
            f"{place}<img src=x onerror=window.ran='file'>.png".replace("/", "_"),
        )
        image = Image.new("RGB", (48, 48), "white")
        ImageDraw.Draw(image).ellipse((8, 8, 20 + place, 40), fill=COLOURS[place % len(COLOURS)])
        image.save(folder / name)
        rows.append(
            {"id": f"{words} {place}", "image": name, "text": f"{words} a {COLOURS[place % len(COLOURS)]} disc"}
            | {"title": words, f"kind {HOSTILE[0]}": HOSTILE[place % 2], HOSTILE[7]: HOSTILE[place % 3]}
        )
        met += [(f"{HOSTILE[place % 4]} user", row["id"], 1) for row in rows[-3:]]
    with (folder / "manifest.jsonl").open("w", encoding="utf-8") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
    with (folder / "interactions.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("user_id", "item_id", "value"), *met])
    return folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a dashboard over hostile data, with a saved run of it, and the folder of the data."""
    home = tmp_path_factory.mktemp("home")
    with serve(home) as address:
        yield address, write_hostile(tmp_path_factory.mktemp("data") / "<b>data<img src=x onerror=window.ran=1>")


@pytest.fixture
def watched(chrome: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A page that notes what runs, and every host that it asks."""
    context = chrome.new_context(viewport={"width": 1280, "height": 1400})
    context.add_init_script(WATCH)
    opened, hosts = context.new_page(), list[str]()
    opened.set_default_timeout(PATIENCE)
    opened.on("request", lambda request: hosts.append(request.url))
    yield opened, hosts
    context.close()


def check(page: Page, hosts: list[str], address: str, where: str) -> None:
    """Nothing hostile ran, was asked for, or stands in the page as more than words."""
    assert page.evaluate("window.ran") == "", f"{where}: a script ran"
    assert page.evaluate(FOUND, ELSEWHERE) == [], where
    blocked = page.evaluate("window.violations")
    assert not [one for one in blocked if ELSEWHERE in one], f"{where}: only the policy of the page stopped it"
    foreign = [url for url in hosts if url.startswith("http") and not url.startswith(address)]
    assert not foreign, f"{where}: {foreign}"


def open_all(page: Page) -> Iterator[str]:
    """Open what can be opened, one after the other, and say what."""
    for opener in OPENERS:
        for place in range(min(MOST_OPENED, page.locator(opener).count())):
            one = page.locator(opener).nth(place)
            if one.is_visible() and one.is_enabled():
                one.click(timeout=10_000, force=True)
                page.wait_for_timeout(150)
                yield f"{opener} {place}"
                page.keyboard.press("Escape")


def hover_all(page: Page) -> None:
    """Move over each chart, map and picture."""
    for kind in (".js-plotly-plot", "canvas", "[data-testid=stMain] img"):
        for place in range(min(MOST_OPENED, page.locator(kind).count())):
            box = page.locator(kind).nth(place).bounding_box()
            if box is None:
                continue
            for step in range(1, 8):
                page.mouse.move(box["x"] + box["width"] * step / 8, box["y"] + box["height"] * step / 8)


@pytest.mark.parametrize("name", ["", *TITLES])
def test_no_page_runs_or_asks_what_its_data_say(
    name: str, hostile: tuple[str, Path], watched: tuple[Page, list[str]]
) -> None:
    (address, folder), (page, hosts) = hostile, watched
    page.goto(f"{address}/{name}?data=folder:{folder}")
    settled(page)
    assert not page.get_by_test_id("stException").count()
    check(page, hosts, address, "opened")
    hover_all(page)
    check(page, hosts, address, "under the mouse")
    for what in open_all(page):
        check(page, hosts, address, what)
    settled(page)
    check(page, hosts, address, "at the end")
    unguarded = page.get_by_role("button", name="Download as CSV")
    assert not any(one.is_visible() for one in unguarded.all()), "a table's own download guards no formula"


def test_links_with_hostile_parameters_are_words(hostile: tuple[str, Path], watched: tuple[Page, list[str]]) -> None:
    (address, folder), (page, hosts) = hostile, watched
    page.goto(address)
    for name, value in (("data", "folder:/{}"), ("data", "run:{}"), ("data", "{}"), ("item", "{}"), ("ask", "{}")):
        for words in HOSTILE[:6]:
            rest = "" if name == "data" else f"&data=folder:{folder}"
            page.goto(f"{address}/data?{name}=" + page.evaluate("encodeURIComponent", value.format(words)) + rest)
            page.get_by_role("heading", name="Data").wait_for()
            check(page, hosts, address, f"{name}={words}")


def test_reports_and_tables_are_words(tmp_path: Path, watched: tuple[Page, list[str]]) -> None:
    from mmalign_core.store import Store
    from mmalign_core.workflow.tables import csv_table

    page, hosts = watched
    store, collection = Store(tmp_path / "store"), open_collection(write_hostile(tmp_path / "data"))
    run = align(collection, encode(collection, store=store), Choices(test=0.5), store=store)
    save_run(run, "kept", store=store)
    (tmp_path / "report.html").write_bytes(report_html(run, store=store).content)
    page.goto(f"file://{tmp_path}/report.html")
    page.wait_for_load_state("networkidle")
    check(page, [url for url in hosts if not url.startswith("file:")], "data:", "the report")
    table = collection.items.reset_index()
    for row in csv.reader(io.StringIO(csv_table(table).decode())):
        assert not [cell for cell in row if cell[:1] in tuple("=+-@\t\r")], "no cell is a formula"

"""The exported page: one file, escaped text, maps and reasons, and notes on missing media."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mmalign_core.data import read_collection
from mmalign_core.data.titles import item_titles
from mmalign_core.explain.masks import Faithfulness, MediaMap, Part
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Media
from mmalign_core.workflow import Choices, QueryPart, QuerySpec, Run, align, answer, encode
from mmalign_core.workflow.explanation.answers import RecommendationMap, RecommendationMaps, explain_recommendation
from mmalign_core.workflow.export.answer_page import as_html
from mmalign_core.workflow.recommendation.reasons import every_reason

HOSTILE = "</title><script>alert('x')</script><img src=http://evil.example/x onerror=alert(1)> \"quoted\" & 'so'"


class Page(HTMLParser):
    """Tags, attributes and visible text of a page, and whether every tag that opens closes."""

    VOID = frozenset({"meta", "img", "br", "line", "rect"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def checked(html: str) -> Page:
    """The page, after what must hold of every page: closed tags, no script, nothing from outside."""
    page = Page(html)
    assert not page.open
    assert not {"script", "iframe", "object", "link", "form"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert not re.search(r"url\(|@import|\bNaN|\bnan\b|Undefined", re.sub(r"data:[^\"]*", "", html))
    return page


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory: pytest.TempPathFactory, store: Store) -> Run:
    """Items whose ids, titles, texts, credits and attribution are an attack, with pictures."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = []
    for number in range(6):
        Image.effect_noise((80, 60), 30 + 20 * number).convert("RGB").save(folder / f"{number}.png")
        words = f"{HOSTILE} {number} 中文 🐶‍👩‍👧 \u202eabc {'long' * 60}"
        rows.append({"id": f"<b>{number}", "text": words, "image": f"{number}.png", "title": words, "credit": HOSTILE})
    pd.DataFrame(rows).to_csv(folder / "manifest.csv", index=False)
    (folder / "ATTRIBUTION.txt").write_text(HOSTILE)
    collection = replace(read_collection(folder / "manifest.csv", settings=Settings()), attribution=HOSTILE)
    encoders = {"text": "bag-of-words", "image": "colour-gradient"}
    encoding = encode(collection, encoders, store=store)
    return align(collection, encoding, Choices(pair=("image", "text"), aligner="ridge"), store=store)


def test_a_page_of_the_demo_holds_every_item_its_media_and_what_made_it(demo_run: Run, store: Store) -> None:
    query = QuerySpec.of(QueryPart("item", "cat", -0.5), text="a dog", user="simulated-001")
    found = answer(demo_run, replace(query, k=4, diversity=0.2, where=("has:audio",)), store=store)
    html = as_html(found, run=demo_run, reasons=every_reason(found), made=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    page = checked(html)
    assert [t for t, _ in page.tags].count("article") == 4
    titles = item_titles(demo_run.collection)
    for r in found.results:
        assert titles[r.id] in page.text and f"{r.score:.2f}" in page.text and r.reason in page.text
    assert [t for t, _ in page.tags].count("audio") == 5, "each item's and the cat's"
    for words in ("not like this", "weight -0.5", "use-multilingual@", "content", "Diversity", "could be found"):
        assert words in page.text
    assert "simulated users" in page.text and "2026-01-02 03:04 UTC" in page.text and "OpenMoji" in page.text
    assert "items and users of the query" in page.text and "would stand at rank" in page.text
    assert "prefers-color-scheme: dark" in html and "Content-Security-Policy" in html and len(html) < 2_000_000


def test_hostile_words_stay_words(hostile_run: Run, store: Store) -> None:
    query = QuerySpec.of(QueryPart("item", "<b>0", 0.5), QueryPart("text", "<i>no</i>", -1), text=HOSTILE)
    found = answer(hostile_run, replace(query, k=3), store=store)
    maps = {found.results[0].id: explain_recommendation(hostile_run, found, found.results[0].id, store=store)}
    html = as_html(
        found, run=hostile_run, reasons=every_reason(found), maps=maps, sentences={found.results[0].id: Told()}
    )
    page = checked(html)
    assert "alert('x')" in page.text and found.results[0].id in page.text
    assert "中文 🐶‍👩‍👧 abc" in page.text
    assert "\u202e" not in as_html(found, run=hostile_run, reasons=every_reason(found)), "nothing is read backwards"
    assert "<i>no</i>" in page.text and "<u>told</u>" in page.text
    assert "<script" not in html and "<i>no" not in html and "<u>" not in html


class Told:
    """A sentence as a language model might write it."""

    text = "<u>told</u>"
    author = "a <model>"


def drawn(
    modality: str, places: list[tuple[float, ...]], medium: Media, faithful: Faithfulness | None
) -> RecommendationMap:
    parts = tuple(Part(f"part {i}", place) for i, place in enumerate(places))
    values = np.linspace(1, -1, len(parts))
    return RecommendationMap(
        "item", modality, medium, MediaMap(modality, parts, values, 0.25, 0.25, "exact", faithful), 0.5
    )


def test_maps_are_drawn_where_they_belong_and_say_how_good_they_are(demo_run: Run, store: Store) -> None:
    found = answer(demo_run, QuerySpec.of(text="a dog", k=1), store=store)
    item = found.results[0].id
    text, picture, sound = (
        next(m for m in demo_run.collection.media_of(kind) if m.item == item) for kind in ("text", "image", "audio")
    )
    better = Faithfulness(0.1, 0.9, 0.5, 0.5, 0.8, (0.2, 1.4), 20)
    worse = replace(better, advantage=0.1, interval=(-0.3, 0.5))
    maps = RecommendationMaps(
        (
            drawn("text", [(0, 5), (6, 8)], text, better),
            drawn("image", [(0, 0, 0.5, 1), (0.5, 0, 1, 1)], picture, worse),
            drawn("audio", [(0, 0.5), (0.5, 1.0), (1.0, 1.5)], sound, None),
        ),
        ("one <medium> could not be mapped",),
    )
    page = checked(as_html(found, run=demo_run, maps={item: maps}))
    cells = [a for t, a in page.tags if t == "rect"]
    assert [(c["x"], c["width"]) for c in cells[:2]] == [("0", "0.5"), ("0.5", "0.5")] and len(cells) == 5
    assert "124,77,210" in str(cells[0]["fill"]) and "168,134,0" in str(cells[1]["fill"])
    assert float(str(cells[2]["y"])) < 20 <= float(str(cells[4]["y"])), "what adds stands above the line"
    for words in (
        "is better than a random order: adv",
        "is not compared with random orders: 2 parts are too few to tell.",
        "is not compared with random orders.",
    ):
        assert words in page.text
    sums = "+0.50 to the score: 0.00 from these parts, +0.25 that belongs to no single part, and +0.25 that does not"
    assert sums in page.text, "the three numbers sum to the first"
    assert "one <medium> could not be mapped" in page.text and "1.5 s" in page.text


def test_media_that_cannot_be_shown_are_told_of(demo_run: Run, store: Store, tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    long.write_bytes(b"RIFF" + bytes(700_000))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n broken")
    found = answer(demo_run, QuerySpec.of(text="a dog", k=3), store=store)
    first, second, third = (r.id for r in found.results)
    swaps = {(first, "audio"): str(long), (second, "image"): str(broken), (third, "image"): str(tmp_path / "gone.png")}
    media = tuple(replace(m, path=swaps.get((m.item, m.modality), m.path)) for m in demo_run.collection.media)
    run = replace(demo_run, collection=replace(demo_run.collection, media=media))
    page = checked(as_html(found, run=run))
    assert "0.7 MB) is too large to be part of this page" in page.text and "gone.png" in page.text
    assert [t for t, _ in page.tags].count("article") == 3


def test_a_page_needs_no_more_than_a_browser(demo_run: Run, store: Store, tmp_path: Path) -> None:
    """In a real browser, offline: no request, no error, nothing wider than the window in either scheme."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = Path("/usr/bin/chromium")
    if not chromium.exists():
        pytest.skip("no Chromium at /usr/bin/chromium")
    found = answer(demo_run, QuerySpec.of(QueryPart("item", "cat"), text="x" * 3000, k=2), store=store)
    page_file = tmp_path / "page.html"
    page_file.write_text(as_html(found, run=demo_run, reasons=every_reason(found)), encoding="utf-8")
    with playwright.sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        for scheme, width in (("light", 1280), ("dark", 400)):
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True)
            told: list[str] = []
            page.on("console", lambda message, told=told: told.append(message.text))
            page.on("request", lambda request, told=told: told.append(request.url))
            page.goto(page_file.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert [url for url in told if not url.startswith(("file:", "data:"))] == []
        browser.close()

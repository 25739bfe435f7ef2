"""The words of the exported page: titles, scores, parts of the query, and what a fit found out."""

import re

import pandas as pd
import pytest

from mmalign_core.data.titles import item_titles
from mmalign_core.store import Store
from mmalign_core.types import Collection, Media
from mmalign_core.workflow import QueryPart, QuerySpec, Run, answer
from mmalign_core.workflow.export.answer_page import as_html, without_markup
from mmalign_core.workflow.export.share_bars import bars
from mmalign_core.workflow.recommendation.reasons import every_reason
from mmalign_core.workflow.recommendation.sentences import write_sentence
from tests.test_export import checked


def test_bars_hold_the_largest_and_sum_up_the_rest() -> None:
    shares = {f"item {i}": float(i - 10) for i in range(20)} | {"image": 0.0, "nothing": 1e-9}
    rows = bars(shares, 10.0)
    assert len(rows) == 9 and rows[0]["label"] == "item 0" and rows[0]["length"] == 100
    assert rows[0]["shown"] == "−10.00" and rows[-1]["label"] == "12 others together"
    assert sum(row["value"] for row in rows) == pytest.approx(sum(shares.values()), abs=1e-6)
    assert [row["label"] for row in bars({"image": 0.0, "nothing": 1e-9}, 1.0)] == ["image"]


def test_small_scores_keep_two_digits() -> None:
    assert [bars({"image": v}, v)[0]["shown"] for v in (3.14159, 0.314159, 0.00314159)] == ["+3.14", "+0.31", "+0.0031"]
    assert bars({"image": 1e-300}, 1e-300)[0]["shown"] == "0.000000"


def test_titles_are_the_title_else_a_text_else_the_id() -> None:
    frame = pd.DataFrame({"title": ["T", None, None], "name": ["N", " ", None]}, index=["a", "b", "c"])
    media = (Media("a", "text", "1", text="x"), Media("b", "text", "2", text="two\n lines"), Media("c", "image", "3"))
    assert item_titles(Collection("c", frame, media)) == {"a": "T", "b": "two lines", "c": "c"}


def test_a_class_that_items_share_is_no_title_where_there_is_a_text() -> None:
    media = (Media("a", "text", "1", text="x"), Media("b", "text", "2", text="y"), Media("c", "image", "3"))
    shared = pd.DataFrame({"label": ["dog", "dog", "dog"]}, index=["a", "b", "c"])
    assert item_titles(Collection("c", shared, media)) == {"a": "x", "b": "y", "c": "dog"}
    own = pd.DataFrame({"label": ["dog", "cat", "dog"]}, index=["a", "b", "c"])
    assert item_titles(Collection("c", own, media)) == {"a": "dog", "b": "cat", "c": "dog"}


def test_items_met_go_by_their_titles_and_only_modalities_have_colours(demo_run: Run, store: Store) -> None:
    found = answer(demo_run, QuerySpec.of(user="simulated-001", k=2), store=store, recommender="ease")
    page = checked(as_html(found, run=demo_run, reasons=every_reason(found)))
    titles, colours = item_titles(demo_run.collection), [a["style"] for _, a in page.tags if a.get("class") == "adds"]
    largest = max(found.results[0].contributions, key=lambda label: found.results[0].contributions[label])
    assert titles[largest] in page.text and colours and all("var(--quiet)" in str(style) for style in colours)


def test_what_a_fit_found_out_stands_among_the_facts(demo_run: Run, store: Store) -> None:
    given = {"mix": "0.25,0.75"}
    found = answer(demo_run, QuerySpec.of(item="cat", k=1), store=store, recommender="hybrid", params=given)
    assert "content 0.250, ease 0.750, why: given" in checked(as_html(found, run=demo_run)).text


def test_an_attribution_in_markdown_is_shown_as_text(demo_run: Run, store: Store) -> None:
    page = checked(as_html(answer(demo_run, QuerySpec.of(text="a dog", k=1), store=store), run=demo_run))
    source = page.text[page.text.index("Where the media come from") :]
    assert "OpenMoji (https://openmoji.org/)" in source and not re.search(r"\*\*|^#|^\|", source, re.MULTILINE)
    assert "Demo collection, " in page.text, "the collection goes by its name"
    assert without_markup("# A\n| b | c |\n|---|---|\n| **d** | `e` |") == "A\nb · c\nd · e"


def test_the_page_says_which_part_of_the_query_counts(demo_run: Run, store: Store) -> None:
    query = QuerySpec((QueryPart("text", "a bird"), QueryPart("text", "flying", -1.0)), k=3)
    found = answer(demo_run, query, store=store)
    written = {why.item: write_sentence(found, why) for why in every_reason(found)}
    page = checked(as_html(found, run=demo_run, reasons=every_reason(found), sentences=written))
    assert page.text.count("of the query, “") == 3 and "“not flying” (" in page.text
    text = page.text.replace("Content", "")
    assert not re.search(r"\(-\d", text), "every minus is a true one"


def test_a_modality_that_an_item_lacks_has_no_bar(demo_run: Run, store: Store) -> None:
    found = answer(demo_run, QuerySpec.of(text="a car", k=30), store=store)
    sounding = {m.item for m in demo_run.collection.media_of("audio")}
    silent = next(r for r in found.results if r.id not in sounding)
    assert "audio" in silent.contributions and "audio" not in found.held_shares(silent)
    assert sum(found.held_shares(silent).values()) == pytest.approx(silent.score)

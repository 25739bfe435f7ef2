"""The Data page: facets from metadata, the health strip, counts that follow the inspection, and the whole report."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from mmalign_core.data import inspect_collection, read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import Collection, EmbeddingSet, Media
from pages._panels.data import health
from pages._panels.data.items import matching
from pages._session.facets import facets_of
from tests.dashboard import dashboard_home, opened, words_of
from tests.test_pages_recommend import component

MANY = 30
"""Repeated texts: more than the 20 that a report lists as examples."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Items with pictures, texts and metadata; one picture is damaged, one missing, 30 texts repeat the first."""
    root = tmp_path_factory.mktemp("health")
    rng, rows = np.random.default_rng(0), []
    for n in range(MANY + 10):
        Image.fromarray(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8)).save(root / f"{n}.png")
        rows.append(
            {
                "id": f"i{n:02d}",
                "text": "The same words" if n <= MANY else f"Words of number {n}",
                "image": "" if n == 7 else f"{n}.png",
                "colour": ["red", "blue", "green", "grey"][n % 4],
                "price": float(n) / 2,
                "made": f"2024-01-{1 + n % 28:02d}",
                "shape": "round" if n < 36 else "flat",
                "note": f"nothing twice {n}",
            }
        )
    pd.DataFrame(rows).to_csv(root / "manifest.csv", index=False)
    (root / "3.png").write_bytes(b"\x89PNG\r\n\x1a\nnot a picture")
    with dashboard_home(root):
        yield root / "manifest.csv"


@pytest.fixture(scope="module")
def collection(folder: Path) -> Collection:
    return read_collection(folder, settings=Settings())


def test_facets_are_the_columns_that_tell_items_apart(collection: Collection) -> None:
    found = {facet.name: facet for facet in facets_of(collection)}
    assert next(iter(found)) == "colour", "values spread evenly over all items tell most"
    assert set(found) == {"colour", "price", "made", "shape"}, "a column of different words is no facet"
    assert found["colour"].counts == {"red": 10, "blue": 10, "green": 10, "grey": 10}
    assert (found["price"].kind, found["price"].low, found["price"].high) == ("number", 0.0, 19.5)
    assert (found["made"].kind, found["made"].low) == ("date", date(2024, 1, 1))


def test_every_duplicate_is_known_and_the_printed_report_keeps_its_shape(collection: Collection) -> None:
    found = inspect_collection(collection)
    assert len(found.all_duplicates) == MANY and found.duplicates["exact"] == MANY
    assert len(found.report()["duplicates"]["examples"]) == 20
    assert not {"repeated", "damaged"} & set(found.report())
    assert [left.id for left in found.damaged] == ["i03"]


def test_the_parts_of_the_health_strip(collection: Collection) -> None:
    parts = {part.name: part for part in health.parts_of(collection, inspect_collection(collection))}
    assert parts["usable"].count == MANY + 10, "an item with a damaged picture still has its text"
    assert parts["damaged"].items == {"i03"} and parts["without image"].items == {"i03", "i07"}
    assert parts["with a duplicate"].count == MANY + 1
    before = {part.name for part in health.parts_of(collection, None)}
    assert before == {"usable", "without image"}


def cards(app: AppTest) -> list[str]:
    return [card["id"] for card in component(app, "data.cards")["cards"]]


def test_a_part_of_the_strip_opens_its_gallery(folder: Path) -> None:
    app = opened(folder)
    assert not app.exception and f"All {MANY + 10} items" in words_of(app)
    app.pills(key="health").set_value("damaged").run()
    assert cards(app) == ["i03"] and f"1 of {MANY + 10} items" in words_of(app)


def test_facets_narrow_the_gallery_and_the_hits_are_counted(folder: Path) -> None:
    app = opened(folder)
    menu = next(one for one in app.multiselect if one.label == "colour")
    assert [option.split(" · ")[1] for option in menu.options] == ["10"] * 4
    menu.set_value(["red"]).run()
    assert f"10 of {MANY + 10} items" in words_of(app) and all(int(item[1:]) % 4 == 0 for item in cards(app))
    next(one for one in app.slider if one.label == "price").set_value((0.0, 4.0)).run()
    assert cards(app) == ["i00", "i04", "i08"] and f"3 of {MANY + 10} items" in words_of(app)


def test_a_damaged_picture_is_counted_alike_on_every_page(folder: Path) -> None:
    app = opened(folder)
    pictures = next(metric.value for metric in app.metric if "image" in metric.label)
    assert pictures == str(MANY + 8), "39 files, of which one cannot be decoded"
    aligned = opened(folder, "align")
    assert not aligned.exception
    rows = next(table.value for table in app.dataframe if "reason" in table.value)
    assert list(rows["id"]) == ["i03"]


def test_the_title_of_the_report_says_both_and_all_duplicates_are_there(folder: Path) -> None:
    app = opened(folder)
    titles = [expander.label for expander in app.expander]
    assert f"Validation report · 1 skipped, {MANY} duplicates" in titles
    table = next(one.value for one in app.dataframe if "repeats" in one.value)
    assert len(table) == MANY and set(table["repeats"]) == {"i00"}


def test_the_table_holds_all_metadata(folder: Path) -> None:
    app = opened(folder, **{"as": "Table"})
    table = next(t.value for t in app.dataframe if "item" in t.value and "colour" in t.value)
    assert {"price", "made", "shape", "note"} <= set(table) and len(table) == MANY + 10


def test_items_are_found_by_words_and_by_what_they_hold_also_as_vectors() -> None:
    items = pd.DataFrame({"kind": ["Straße", None]}, index=pd.Index(["a", "b"], name="id"))
    rows = EmbeddingSet("image", ("b",), ("k",), np.eye(1, 3, dtype=np.float32), "own@1")
    given = Collection("own", items, (Media("a", "text", "0" * 32, text="A Dog"),), vectors={"image": rows})
    assert list(matching(given, "", ("image",))) == ["b"] and list(matching(given, "", ("text",))) == ["a"]
    assert list(matching(given, "dog STRASSE", ())) == ["a"] and not list(matching(given, "dog", ("image",)))
    assert list(matching(given, " ", ())) == ["a", "b"] and not list(matching(given, "none nan", ()))


def test_the_report_says_which_texts_are_longer_than_their_encoder_reads(tmp_path: Path) -> None:
    long = "the same words again. " * 500
    rows = {"id": ["a", "b", "c"], "text": [f"{long} a dog", f"{long} a bus", "a cat"]}
    pd.DataFrame(rows).to_csv(tmp_path / "manifest.csv", index=False)
    with dashboard_home(tmp_path):
        said = words_of(opened(tmp_path / "manifest.csv"))
    assert "2 of 3 texts are longer than 'use-multilingual' reads at once" in said

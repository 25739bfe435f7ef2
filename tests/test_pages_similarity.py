"""The Similarity page: its rows, its numbers over one split at a time, and what every size of collection shows."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard import dashboard_home, opened, words_of
from tests.discs import N, write_discs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """24 drawings of discs with captions and a metadata column, in a home of their own."""
    root = tmp_path_factory.mktemp("similarity")
    data = write_discs(root / "discs")
    with dashboard_home(root):
        yield data


def drawn(app: AppTest, key: str) -> dict:
    """The figure of the chart with this key."""
    found = [chart for chart in app.get("plotly_chart") if f"-{key}" in chart.proto.id]
    assert len(found) == 1, key
    return json.loads(found[0].proto.spec)


def menu(app: AppTest, label: str):
    return next(box for box in app.selectbox if box.label.startswith(label))


def test_the_first_row_is_the_worst_query_and_its_columns_show_the_error(folder: Path) -> None:
    app = opened(folder, "similarity")
    assert not app.exception and not app.error
    assert menu(app, "Rows").value == "Worst pairs"
    figure = drawn(app, "heat")
    scores = figure["data"][0]["z"]
    assert scores is not None and figure["layout"]["yaxis"]["title"]["text"] == "image"
    assert len(menu(app, "Candidate").options) >= len(menu(app, "Query").options) > 2


def test_the_menus_choose_a_pair_by_keyboard(folder: Path) -> None:
    app = opened(folder, "similarity")
    before, query = app.metric[0].value, menu(app, "Query")
    query.set_value(query.value + 1 if query.value == 0 else query.value - 1).run()
    assert not app.exception and app.metric[0].value != before, "the other query has another score"


def test_queries_held_out_and_fitted_are_never_counted_together(folder: Path) -> None:
    app = opened(folder, "similarity", run='{"pair":["image","text"],"test":0.25}')
    assert not app.exception and not app.error, [error.value for error in app.error]
    assert "6 queries find a right answer first, over held-out queries" in words_of(app)
    assert "fitted queries" not in words_of(app)
    next(box for box in app.get("button_group") if box.label == "Queries").set_value("Fitted").run()
    assert "18 queries find a right answer first, over fitted queries" in words_of(app)


def test_the_threshold_counts_what_it_accepts(folder: Path) -> None:
    app = opened(folder, "similarity")
    slider = next(box for box in app.slider if box.label.startswith("Accept"))
    slider.set_value(slider.min).run()
    assert f"{N} of {N} queries get an answer" in words_of(app)
    slider = next(box for box in app.slider if box.label.startswith("Accept"))
    slider.set_value(slider.max).run()
    assert f"{N} of {N} queries get an answer" not in words_of(app)


def test_the_hubs_say_how_many_queries_choose_them(folder: Path) -> None:
    app = opened(folder, "similarity")
    table = next(table.value for table in app.dataframe if "k of n" in table.value)
    assert all(words.endswith(f"of {N}") for words in table["k of n"]) and (table["chosen by"] <= 1).all()


def test_groups_open_the_queries_behind_a_cell(folder: Path) -> None:
    app = opened(folder, "similarity", rows="Groups", group="kind")
    assert not app.exception and not app.error
    assert sorted(menu(app, "Queries of").options) == ["even", "odd"]
    assert drawn(app, "groups")["data"][0]["z"]
    before = set(menu(app, "Query").options)
    menu(app, "Queries of").select_index(1 - menu(app, "Queries of").index).run()
    assert not app.exception and before.isdisjoint(menu(app, "Query").options), "queries of the other group"


def test_the_selection_gives_the_rows(folder: Path) -> None:
    app = opened(folder, "similarity", sel='["i03","i07"]', rows="Selection")
    assert not app.exception and menu(app, "Rows").value == "Selection"
    assert len(menu(app, "Query").options) == 2

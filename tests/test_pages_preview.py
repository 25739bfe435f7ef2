"""The preview on the Data page: columns with their roles, what is left out, and the import with other roles."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages._session.links import from_query, to_query
from tests.dashboard import ROOT, dashboard_home, finish, words_of
from tests.sample_files import png, write

TEXTS = ["a dog on grass", "two cats sleeping", "a red bus"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("preview")
    write(root, {f"{n}.png": png(n) for n in range(4)})
    table = {"file": [f"{n}.png" for n in range(3)], "title": ["A", "B", "C"], "words": TEXTS}
    pd.DataFrame(table).to_csv(root / "metadata.csv", index=False)
    with dashboard_home(root):
        yield root


def page() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page("pages/data.py")
    return app


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_a_folder_is_looked_at_before_it_is_opened(folder: Path) -> None:
    app = page().run()
    app.segmented_control(key="source").set_value("folder").run()
    app.text_input(key="path").set_value(str(folder))
    press(app, "Preview")
    said = words_of(app)
    assert not app.exception and "3 items (" in said and "'3.png' is not named in 'metadata.csv'" in said
    tables = [frame.value for frame in app.dataframe]
    assert any({"id", "image", "text", "words"} <= set(table.columns) for table in tables)
    press(app, "Open it")
    finish()
    app.run()
    assert not app.exception and f"folder:{folder}" in app.query_params["data"]
    assert "items3" in words_of(app) and "Open it" not in [button.label for button in app.button]


def test_a_path_that_is_not_there_says_so_in_the_preview(folder: Path) -> None:
    app = page().run()
    app.segmented_control(key="source").set_value("folder").run()
    app.text_input(key="path").set_value(str(folder / "nowhere"))
    press(app, "Preview")
    assert any("does not exist" in error.value for error in app.error)
    press(app, "Close the preview")
    assert not app.error and not app.exception


def test_the_roles_that_a_person_gave_stand_in_the_address(folder: Path) -> None:
    app = page()
    app.query_params["data"], app.query_params["roles"] = f"folder:{folder}", json.dumps({"words": "text"})
    app.run()
    finish()
    app.run()
    assert not app.exception and TEXTS[0] in words_of(app)
    assert '{"words":"text"}' in app.query_params["roles"]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"a": 1}', "nonsense"])
def test_roles_of_another_form_are_left_out_of_a_view(text: str) -> None:
    view = from_query({"data": "folder:/data", "roles": text})
    assert view["source"] == {"kind": "folder", "value": "/data"} and to_query(view)["roles"] == ""

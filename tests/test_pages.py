"""Every page, found by glob, over collections of every kind: none raises, each says in one line what cannot be done."""

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageDraw

from mmalign_core.store import Store
from mmalign_core.workflow import load_run
from tests.dashboard import PAGES, ROOT, dashboard_home, finish, opened, words_of

WORDS = {
    "one": "A red circle on white",
    "two": "<b>Blue & square</b>, a very long label " + "that goes on and on " * 12,
    "three-猫": "一只绿色的猫 🐈\u200d⬛ 和一个三角形",
    "four": "A yellow sun",
    "five": "$dollars$ and *stars* and `ticks` and [links](http://example.org)",
}
COLOURS = ("red", "blue", "green", "yellow", "black")


def picture(path: Path, colour: str) -> None:
    image = Image.new("RGB", (96, 64), "white")
    ImageDraw.Draw(image).ellipse((20, 8, 72, 60), fill=colour)
    image.save(path)


def sound(path: Path, hertz: float) -> None:
    time = np.arange(16000) / 16000
    soundfile.write(path, 0.4 * np.sin(2 * np.pi * hertz * time).astype(np.float32), 16000)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """kind -> folder; the store lies in a folder of its own."""
    root = tmp_path_factory.mktemp("pages")
    found = {kind: root / kind for kind in ("mixed", "texts", "single", "missing")}
    for kind in ("mixed", "texts", "single"):
        found[kind].mkdir()
    for place, (stem, words) in enumerate(WORDS.items()):
        (found["mixed"] / f"{stem}.txt").write_text(words, encoding="utf-8")
        (found["texts"] / f"{stem}.txt").write_text(words, encoding="utf-8")
        picture(found["mixed"] / f"{stem}.png", COLOURS[place])
    sound(found["mixed"] / "one.wav", 440)
    (found["mixed"] / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnot a picture")
    (found["single"] / "alone.txt").write_text("Alone", encoding="utf-8")
    picture(found["single"] / "alone.png", "red")
    with dashboard_home(root):
        yield found


@pytest.mark.parametrize("page", PAGES)
def test_page_over_a_mixed_collection(folders: dict[str, Path], page: str) -> None:
    app = opened(folders["mixed"], page)
    assert not app.exception and not [error.value for error in app.error]
    assert app.title[0].value and "?" in app.markdown[0].value, "each page asks its one question"
    assert not app.get("skeleton")


@pytest.mark.parametrize("page", ["align", "leaderboard", "similarity", "space"])
def test_texts_alone_cannot_be_aligned_and_the_page_says_so(folders: dict[str, Path], page: str) -> None:
    app = opened(folders["texts"], page)
    assert not app.exception
    assert len(app.error) == 1 and "has two modalities" in app.error[0].value


def test_texts_alone_are_recommended_as_encoded(folders: dict[str, Path]) -> None:
    app = opened(folders["texts"], "recommend", ask='[["text","a red circle",1]]')
    finish()
    app.run()
    assert not app.exception and not app.error
    assert "nothing is aligned" in words_of(app) and "Why #1" in words_of(app)


def test_where_nobody_has_met_anything_recommenders_says_what_to_give(folders: dict[str, Path]) -> None:
    app = opened(folders["texts"], "recommenders")
    assert not app.exception and not app.error
    assert "interactions.csv" in words_of(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_draws_by_calls_alone(page: str) -> None:
    """Streamlit's magic would draw a bare string or name of a page."""
    about, *rest = ast.parse((ROOT / "pages" / f"{page}.py").read_text(encoding="utf-8")).body
    assert isinstance(about, ast.Expr)
    assert not [one.lineno for one in rest if isinstance(one, ast.Expr) and not isinstance(one.value, ast.Call)]


@pytest.mark.parametrize("page", PAGES)
def test_a_single_item_breaks_no_page(folders: dict[str, Path], page: str) -> None:
    assert not opened(folders["single"], page).exception


@pytest.mark.parametrize("page", [page for page in PAGES if page != "models"])  # which needs no collection
def test_a_folder_that_is_not_there_gives_one_line(folders: dict[str, Path], page: str) -> None:
    app = opened(folders["missing"], page)
    assert not app.exception
    assert len(app.error) == 1 and "missing" in app.error[0].value and "\n" not in app.error[0].value


def test_the_report_names_the_broken_file(folders: dict[str, Path]) -> None:
    app = opened(folders["mixed"])
    rows = next(table.value for table in app.dataframe if "reason" in table.value)
    assert "broken" in " ".join(rows["id"]) and rows["reason"].str.len().min() > 10


def test_users_text_is_shown_as_it_is(folders: dict[str, Path]) -> None:
    app = opened(folders["mixed"], item="five")
    assert "\\$dollars\\$" in words_of(app) and "\\*stars\\*" in words_of(app)
    assert "<b>" not in words_of(opened(folders["mixed"], item="two"))


def test_finding_by_words_and_showing_rows(folders: dict[str, Path]) -> None:
    app = opened(folders["mixed"], find="yellow", **{"as": "Table"})
    table = next(t.value for t in app.dataframe if "item" in t.value)
    assert list(table["id"]) == ["four"]
    app = opened(folders["mixed"], find="no such word")
    assert "Nothing matches" in words_of(app)


def test_a_link_reopens_the_run(folders: dict[str, Path]) -> None:
    app = opened(folders["mixed"], "align", run='{"pair":["text","image"],"seed":3}')
    assert "text → image" in words_of(app) and not app.error
    assert '"seed":3' in app.query_params["run"]


def test_choosing_and_running_another_matcher(folders: dict[str, Path]) -> None:
    app = opened(folders["mixed"], "align")
    offered = app.selectbox(key="align.matcher").options
    app.selectbox(key="align.matcher").select(next(name for name in offered if name != "argmax")).run()
    app.button(key="align.go").click().run()
    assert set(app.session_state["mmalign"]["choices"]) == {"matcher"}, "only what differs from the usual is kept"
    assert '"matcher"' in app.query_params["run"], "the link reopens this run"
    finish()
    assert not app.run().exception


def test_opening_a_folder_again_reads_it_again(folders: dict[str, Path], tmp_path: Path) -> None:
    picture(tmp_path / "a.png", "red")
    (tmp_path / "a.txt").write_text("first", encoding="utf-8")
    app = opened(tmp_path)
    assert "items1" in words_of(app)
    (tmp_path / "b.txt").write_text("second", encoding="utf-8")
    app.button(key="FormSubmitter:folder-Open").click().run()
    finish()
    assert "2 items" in words_of(app.run())


@pytest.mark.parametrize("bad", ['{"aligner":"nonsense"}', '{"pair":["text","smell"]}', '{"params":{"concepts":"x"}}'])
def test_a_link_with_bad_choices_gives_a_line(folders: dict[str, Path], bad: str) -> None:
    app = opened(folders["mixed"], "align", run=bad)
    assert not app.exception and app.error


def test_a_run_is_kept_under_its_name_and_no_other_place(folders: dict[str, Path]) -> None:
    app = opened(folders["mixed"], "align")
    for name, words in (("../outside", "is no name for a run"), ("my-run", "recommend my-run")):
        field = next(box for box in app.text_input if box.label == "Name")
        field.set_value(name)
        next(button for button in app.button if button.label == "Keep this run").click()
        app.run()
        shown = [box.value for box in (*app.error, *app.success)]
        assert any(words in text for text in shown), shown
    store = Store(folders["mixed"].parent / "home")
    assert [kept.id for kept in store.list_runs()] == ["my-run"]
    assert load_run("my-run", store=store).report["metrics"]["image->text"]["n"] == 5


def test_why_a_pair_is_near_is_made_on_a_click(folders: dict[str, Path]) -> None:
    app = opened(folders["mixed"], "similarity")
    assert not [heading for heading in app.subheader if "Why their cosine" in heading.value]
    next(button for button in app.button if button.key == "pair.go").click().run()
    finish()
    app.run()
    assert not app.exception and not [error.value for error in app.error]
    assert [heading for heading in app.subheader if "Why their cosine" in heading.value]
    assert "a random order" in words_of(app) and "not attribution" in words_of(app)

"""Words on pages: none holds a sentence outside of the catalogues, and kept words are translated when drawn."""

import ast
import re
from pathlib import Path

import pandas as pd
import pytest

from mmalign_core.plots import MODALITY_COLOURS, contribution_figure
from mmalign_core.types import Collection, Media
from mmalign_core.wording import in_language, tr_word
from pages._panels.data import health

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
TEXTS = {"label", "body", "help", "placeholder", "alt", "title", "text", "value"}
"""Parameters of Streamlit and of our components that a person reads."""
SPOKEN = {
    "markdown", "caption", "text", "title", "header", "subheader", "write", "info", "warning", "error", "success",
    "toast", "button", "download_button", "form_submit_button", "link_button", "checkbox", "toggle", "radio",
    "selectbox", "multiselect", "segmented_control", "pills", "slider", "select_slider", "text_input", "text_area",
    "number_input", "file_uploader", "camera_input", "audio_input", "expander", "popover", "metric", "tabs", "status",
    "spinner", "progress", "empty", "show", "Column", "TextColumn", "NumberColumn", "SelectboxColumn", "st.Page",
}  # fmt: skip
NAMES = {"MMAlign", "Language · 语言", "HTML"}
"""What is the same in every language."""


def bare(node: ast.expr) -> list[str]:
    """The words of literals in the expression that no function of `wording` got."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        words = re.sub(r":material/[\w{}]+:|:[a-z-]+\[|\(\{\} MB\)|\$.*\$", "", node.value)
        return [node.value] if re.search(r"[A-Za-z]{2,}", words) and node.value not in NAMES else []
    if isinstance(node, ast.JoinedStr):
        whole = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        inner = [word for part in node.values if isinstance(part, ast.FormattedValue) for word in bare(part.value)]
        return bare(ast.Constant(whole)) + inner
    if isinstance(node, ast.BinOp):
        return bare(node.left) + bare(node.right)
    if isinstance(node, ast.IfExp):
        return bare(node.body) + bare(node.orelse)
    if isinstance(node, ast.BoolOp):
        return [word for value in node.values for word in bare(value)]
    return []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_holds_a_bare_sentence(path: Path) -> None:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in SPOKEN or (name == "text" and not node.args):
            continue
        given = [
            *node.args[: 2 if name == "metric" else 1],
            *(keyword.value for keyword in node.keywords if keyword.arg in TEXTS),
        ]
        found += [f"line {node.lineno}: {words!r}" for one in given for words in bare(one)]
    assert not found, f"{path.name} says this in English alone; give it to tr(): {found}"


def test_what_is_kept_for_all_sessions_is_translated_where_it_is_drawn() -> None:
    media = [Media("a", "text", "0" * 32, text="one"), Media("b", "image", "1" * 32, path="b.png")]
    held = Collection("two", pd.DataFrame(index=["a", "b"]), media)
    with in_language("en"):
        parts = health.parts_of(held, None)
    with in_language("zh"):
        labels = [part.label for part in parts]
    assert [str(part.name) for part in parts] == ["usable", "without text", "without image"]
    assert not any(re.search("[a-z]{4,}", label.rpartition(": ")[2]) for label in labels), labels


def test_a_modality_has_its_colour_in_every_language() -> None:
    with in_language("zh"):
        figure = contribution_figure(["a"], [{tr_word("image"): 1.0, "image": 1.0, "ease": 0.5}])
    in_chinese, in_english, other = (bar.marker.color for bar in figure.data)
    assert in_chinese == in_english == MODALITY_COLOURS["image"] != other

"""Tables and figures as files: the page of a figure, and that no page draws a chart or table without its menu."""

import html
import re
from pathlib import Path

import plotly.graph_objects as go
import pytest

from pages._components.exports import figure_page

PAGES = Path(__file__).parents[1] / "pages"
LIVE = {"_components/waiting.py", "_panels/leaderboard/board.py"}
"""Charts of a fit under way, which are drawn anew every second or two; the finished chart has the menu."""
SMALL = {"_panels/compare/changes.py", "_panels/data/preview.py"}
"""Tables of the few choices that differ between two runs, and of the first rows of what is not opened yet."""


def test_the_page_of_a_figure_needs_no_network_and_escapes_its_caption() -> None:
    caption = ("Ranks of <b>both</b> directions.", "films & books · </script> · 2026-01-01")
    page = figure_page(go.Figure(go.Bar(x=["</script><i>"], y=[3])), caption)
    for line in caption:
        assert html.escape(line) in page and line not in page
    assert not re.search(r"<(script|link)[^>]*\b(src|href)=", page), "everything is in the file"
    assert page.count("<script") - page.count("</script>") == 0, "a label cannot end the script"
    assert "Plotly.newPlot" in page


@pytest.mark.parametrize(
    ("call", "by", "exempt"),
    [("plotly_chart(", "", LIVE | {"_components/figures.py"}), (".dataframe(", "exports.table(", SMALL)],
)
def test_every_chart_and_table_can_be_saved(call: str, by: str, exempt: set[str]) -> None:
    drawing = {
        str(path.relative_to(PAGES)): path.read_text(encoding="utf-8")
        for path in PAGES.rglob("*.py")
        if call in path.read_text(encoding="utf-8")
    }
    assert exempt <= set(drawing)
    bare = [name for name, text in drawing.items() if not by or text.count(by) < text.count(call)]
    assert set(bare) == exempt

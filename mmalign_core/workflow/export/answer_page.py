"""An answer with its media and reasons as one self-contained HTML page without scripts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mmalign_core.recommend.sentences.facts import signed
from mmalign_core.settings import Settings
from mmalign_core.wording import language, tr, tr_any, tr_word
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.export.sheet import Sheet
from mmalign_core.workflow.recommendation.answers import Answer
from mmalign_core.workflow.recommendation.reasons import Reasons
from mmalign_core.workflow.recommendation.sentences import Sentence

if TYPE_CHECKING:
    from mmalign_core.workflow.explanation.answers import RecommendationMaps

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_ATTRIBUTION = 20_000
"""Most characters of the collection's attribution. Our choice: about five pages."""


def as_html(
    answer: Answer,
    *,
    run: Run,
    reasons: Sequence[Reasons] = (),
    maps: Mapping[str, RecommendationMaps] | None = None,
    sentences: Mapping[str, Sentence] | None = None,
    settings: Settings | None = None,
    made: datetime | None = None,
) -> str:
    """Return the page. `run`: that of the answer. `reasons`: of any of the items. `maps`: item -> maps of its media and
    of the query's. `sentences`: item -> a sentence about it.

    Text from files and users is escaped. A medium that cannot be shown is replaced by a line of text. `made`: the date
    to print, None for now.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    sheet = Sheet(run, answer, reasons, settings or Settings())
    why = {each.item: each for each in reasons}
    items = [
        sheet.item(result, why.get(result.id), (maps or {}).get(result.id), (sentences or {}).get(result.id))
        for result in answer.results
    ]
    drawing = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=tr_any,
    )
    drawing.globals.update(tr=tr, tr_word=tr_word, language=language())
    drawing.filters["signed"] = signed
    template = drawing.get_template("answer.html")
    moment = (made or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    page = template.render(
        title=sheet.title,
        query=[sheet.query_part(part) for part in answer.query.parts],
        notes=answer.notes,
        items=items,
        facts=sheet.facts(moment),
        attribution=without_markup(run.collection.attribution[:LONGEST_ATTRIBUTION]),
        summary=answer.model.summary,
    )
    return page.encode("utf-8", "replace").decode()


_MARKUP = (
    (r"(?m)^#{1,6} +", ""),
    (r"(?m)^\|[-:| ]+\|$\n?", ""),
    (r"(?m)^\| *(.*?) *\|$", lambda row: " · ".join(cell.strip() for cell in row[1].split("|"))),
    (r"\*\*(.+?)\*\*", r"\1"),
    (r"`([^`\n]+)`", r"\1"),
    (r"\[([^\]\n]+)\]\((\S+?)\)", r"\1 (\2)"),
)
"""Marks of Markdown -> plain text: headings, lines and rows of tables, bold words, code and links."""


def without_markup(text: str) -> str:
    """Return Markdown as plain text: an attribution may be a Markdown file, and the page shows text."""
    for mark, plain in _MARKUP:
        text = re.sub(mark, plain, text)
    return text.strip()

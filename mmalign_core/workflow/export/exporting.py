"""Use case: an answer with its media and reasons as one HTML file that needs nothing else: no script, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mmalign_core.settings import Settings
from mmalign_core.workflow.align.run import Run
from mmalign_core.workflow.answers.reasons import Reasons
from mmalign_core.workflow.answers.recommending import Answer
from mmalign_core.workflow.export.sheet import Sentence, Sheet

if TYPE_CHECKING:
    from mmalign_core.workflow.explaining.explaining_answers import RecommendationMaps

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_ATTRIBUTION = 20_000
"""Characters of it that are printed; a collection of millions may bring a book."""


def as_html(
    answer: Answer,
    *,
    run: Run,
    reasons: Sequence[Reasons] = (),
    maps: Mapping[str, RecommendationMaps] | None = None,
    told: Mapping[str, Sentence] | None = None,
    settings: Settings | None = None,
    made: datetime | None = None,
) -> str:
    """The page. `run`: the one that answered; `reasons`: of any of the items; `maps`: item -> what each part
    of its media and of the query's adds; `told`: item -> a sentence about it.

    Everything that came from files or was typed is escaped; a medium that cannot be shown is told of. `made`: the
    date to print, now if None.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    sheet = Sheet(run, answer, reasons, settings or Settings())
    why = {each.item: each for each in reasons}
    items = [
        sheet.item(found, why.get(found.id), (maps or {}).get(found.id), (told or {}).get(found.id))
        for found in answer.found
    ]
    template = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    ).get_template("answer.html")
    moment = (made or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    page = template.render(
        title=sheet.title,
        wishes=[sheet.wish(wish) for wish in answer.query.all],
        notes=answer.notes,
        items=items,
        facts=sheet.facts(moment),
        attribution=run.collection.attribution[:LONGEST_ATTRIBUTION].strip(),
        summary=answer.model.summary,
    )
    return page.encode("utf-8", "replace").decode()

"""A run as one HTML page that an analyst sends to a manager: no script, no network, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Progress, no_progress
from mmalign_core.wording import language, say, say_list, tr, tr_any, tr_word
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.error_report import ErrorReport
from mmalign_core.workflow.error_analysis.errors import find_errors
from mmalign_core.workflow.error_analysis.slices import slices_of
from mmalign_core.workflow.export.report_facts import (
    cause_rows,
    command_line,
    finding,
    measured_on,
    metric_tables,
    repair_facts,
    slice_rows,
    version_facts,
)
from mmalign_core.workflow.export.report_pairs import PairCards, drawn_points
from mmalign_core.workflow.maps.space_map import project_run

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_ATTRIBUTION = 20_000
"""Characters of the collection's attribution that are printed. Our choice: about five pages."""


@dataclass(frozen=True)
class ReportPage:
    """`html`: the page; `sentence`: its finding; `sections`: names of those that the run has something for."""

    html: str
    sentence: str
    sections: tuple[str, ...]

    @property
    def content(self) -> bytes:
        """The page as UTF-8."""
        return self.html.encode("utf-8", "replace")


def report_page(
    run: Run,
    *,
    store: Store,
    slices: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    made: datetime | None = None,
    progress: Progress = no_progress,
) -> ReportPage:
    """The page of a run. `slices`: what `slices --json` prints, those of the run if None; the page lists those that
    surely differ.

    Everything from files is escaped; a medium that cannot be shown is told of. `made`: the date to print, now if None.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    settings, sentence = settings or Settings(), finding(run)
    errors, why = _errors(run, store, settings, within(progress, 0.0, 0.5))
    if slices is None:
        slices = slices_of(run, errors, store=store, settings=settings).report() if errors else {}
    drawn = drawn_points(project_run(run, store=store, progress=within(progress, 0.6, 0.9)))
    moment = (made or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    parts: dict[str, Any] = {
        "metrics": metric_tables(run),
        "map": drawn,
        "slices": slice_rows(slices),
        "causes": cause_rows(errors) if errors else [],
        "pairs": PairCards(run, settings).worst(errors) if errors else [],
        "repair": repair_facts(run),
    }
    template = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=tr_any,
    ).get_template("report.html", globals={"tr": tr, "tr_word": tr_word, "language": language()})
    html = template.render(
        title=say(
            "{name}: {pair} aligned by {aligner}",
            name=run.collection.name,
            pair=say_list(run.choices.pair, " and "),
            aligner=run.choices.aligner,
        ),
        sentence=sentence,
        measured=measured_on(run),
        notes=([*errors.notes] if errors else []) + ([why] if why else []),
        command=command_line(run),
        facts=version_facts(run, moment),
        attribution=run.collection.attribution[:LONGEST_ATTRIBUTION].strip(),
        **parts,
    )
    return ReportPage(html, sentence, tuple(name for name, found in parts.items() if found))


def _errors(run: Run, store: Store, settings: Settings, progress: Progress) -> tuple[ErrorReport | None, str]:
    """The errors of the queries that the report measured, or why there are none."""
    try:
        held_out = run.choices.holds_out
        return find_errors(run, store=store, held_out=held_out, settings=settings, progress=progress), ""
    except BadInput as error:
        return None, say("The wrong answers cannot be listed: {error}", error=error)

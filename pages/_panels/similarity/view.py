"""What the Similarity page shows: the queries of one direction, held out or fitted, and the pair in focus."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from mmalign_core.wording import say, tr
from mmalign_core.workflow import Judgements, Run
from pages._components import header, judgements
from pages._panels.align import report
from pages._session import languages, run_cache, state

HELD_OUT, FITTED = say("Held out"), say("Fitted")


@dataclass(frozen=True)
class View:
    """The judged queries of one direction. `split` names those that are shown, in words for a caption."""

    run: Run
    run_key: str
    source: str
    target: str
    judged: Judgements
    split: str

    @property
    def way(self) -> str:
        """The direction as reports write it: "image->text"."""
        return f"{self.source}->{self.target}"


def choose(run: Run, run_key: str) -> View | None:
    """Draw the menus of direction and split, and return what they choose; None while it is computed."""
    ways = {header.arrow(*way): way for way in directions(run)}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        chosen = st.segmented_control(
            tr("Direction"), list(ways), default=next(iter(ways)), required=True, key="way", bind="query-params"
        )
        source, target = ways[chosen]
        if {source, target} != set(run.choices.pair) or not run.report.get("metrics"):
            found = run_cache.judged_in_space(run_key, source, target, run)
            return View(run, run_key, source, target, found, tr("all queries, among all candidates of the space"))
        measured = judgements.of_pair(run, run_key)
        if measured is None:
            return None
        return _of_split(View(run, run_key, source, target, measured[f"{source}->{target}"], ""))


def directions(run: Run) -> list[tuple[str, str]]:
    """Return the pair of the run in both directions, then every other pair of its modalities."""
    first = [tuple(run.choices.pair), tuple(run.choices.pair)[::-1]]
    every = [(a, b) for a in run.result.space for b in run.result.space if a != b]
    return first + [pair for pair in every if pair not in first]


def _of_split(view: View) -> View:
    """Draw the choice between held-out and fitted queries where there are both: they are never shown together."""
    held = view.judged.held_out
    if not held.any():
        fitted = tr(", and the aligner was fitted on them") if report.among_these(view.run) else ""
        return replace(view, split=tr("all queries: nothing was held out{fitted}", fitted=fitted))
    if held.all():
        return replace(view, split=tr("held-out queries, each in the fit that had not seen it"))
    which = st.segmented_control(
        tr("Queries"),
        [HELD_OUT, FITTED],
        default=HELD_OUT,
        required=True,
        key="split",
        bind="query-params",
        format_func=languages.worded("split", (HELD_OUT, FITTED)),
        help=tr("The fit has seen the fitted ones, so their numbers are too good."),
    )
    if which == FITTED:
        fitted = run_cache.judged_part(view.run_key, view.way, False, view.judged)
        return replace(view, judged=fitted, split=tr("fitted queries: the fit has seen them"))
    held_out = run_cache.judged_part(view.run_key, view.way, True, view.judged)
    return replace(view, judged=held_out, split=tr("held-out queries, among held-out candidates"))


def cell(view: View) -> tuple[int, int] | None:
    """Return (source row, target row) of the pair in focus, or None before one was chosen."""
    found = state.widget(_key(view))
    return None if found is None else (int(found[0]), int(found[1]))


def marked(view: View) -> tuple[int, int] | None:
    """Return the pair that was put in focus last without a click on the matrix, which marks its clicked cell itself."""
    found = state.widget(_key(view) + ".marked")
    return None if found is None else (int(found[0]), int(found[1]))


def focus(view: View, source_row: int, target_row: int, *, clicked: bool = False) -> None:
    """Put this pair in focus; only inside a callback. `clicked`: on the matrix, whose figure then stays as it is.

    A figure of 40,000 cells that is sent and drawn again at each click takes seconds.
    """
    state.set_widget(_key(view), [source_row, target_row])
    if not clicked:
        state.set_widget(_key(view) + ".marked", [source_row, target_row])


def _key(view: View) -> str:
    return f"similarity.cell.{view.run_key}.{view.way}"

"""The run that the Compare page sets beside the open one: which runs there are, and which one the address names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mmalign_core.workflow import RunSummary
from pages._session import state, view_history
from pages._session.view_spec import ViewSpec
from pages._session.visitors import visitor

_ADDRESS = "with"
"""The parameter of the address: the name of a saved run, or the key of a run of this session."""
_KEY = 12
"""Hexadecimal digits of a key in the address: enough for the few runs of a session."""


@dataclass(frozen=True)
class OtherRun:
    """A run to compare with. `name`: in the address. `label`: a line about it. `short`: for heads of columns."""

    name: str
    label: str
    short: str
    spec: ViewSpec


def other_runs(saved: list[RunSummary], label: Callable[[RunSummary], str]) -> dict[str, OtherRun]:
    """Return name -> run: those of this session but the open one, the latest first, then the saved ones."""
    now = state.view_spec()
    found = [_of_session(view) for view in view_history.remembered_views()]
    found += [_saved(summary, label(summary)) for summary in saved]
    return {one.name: one for one in reversed(found) if _same(one.spec) != _same(now)}


def named() -> str:
    """Return the run that the address names, or ''."""
    return state.address().get(_ADDRESS, "")


def name(other: str) -> None:
    """Put the run to compare with into the address."""
    state.put_parameter(_ADDRESS, other)


def clicked_points(key: str) -> list[list[Any]]:
    """Return the `customdata` of every point selected in the chart with this key, by a click, a box or a lasso."""
    points = (state.widget(key) or {}).get("selection", {}).get("points", [])
    found = [point.get("customdata") for point in points]
    return [[one[place] for place in sorted(one, key=int)] if isinstance(one, dict) else one for one in found if one]


def _of_session(view: Mapping[str, Any]) -> OtherRun:
    spec = ViewSpec(view["source"], view["choices"])
    if spec.saved:
        return OtherRun(spec.saved, view["label"], spec.saved, spec)
    return OtherRun(spec.run_key[:_KEY], view["label"], view["label"].partition(" · ")[2] or view["label"], spec)


def _saved(summary: RunSummary, label: str) -> OtherRun:
    source = {"kind": "run", "value": summary.id, "opened": summary.created, "by": visitor().key}
    return OtherRun(summary.id, label, summary.id, ViewSpec(source))


def _same(spec: ViewSpec) -> tuple[str, Any]:
    """What tells two runs apart: the name of a saved run, or source and choices."""
    return (spec.saved, None) if spec.saved else ("", spec.run_key)

"""The menu of the Compare page: which run to set beside the open one."""

from __future__ import annotations

import streamlit as st

from mmalign_core.plots import cut_text
from mmalign_core.wording import tr
from pages._components import errors, run_menu
from pages._session import cache, compared_run
from pages._session.compared_run import OtherRun


def show() -> OtherRun | None:
    """Draw the menu and return the chosen run; a hint and None if there is no other run."""
    others = compared_run.other_runs(cache.home_store().list_runs(), run_menu.saved_label)
    asked = compared_run.named()
    if not others:
        errors.empty(
            tr("There is no other run yet"),
            tr(
                "Align with other choices, or keep this run under a name and change it; then both stand here "
                "side by side."
            ),
            "compare",
        )
        return None
    if asked and asked not in others:
        errors.show(
            tr(
                "the address names the run '{asked}', which is not here or is the open one; choose another",
                asked=cut_text(asked, 60),
            )
        )
    names = list(others)
    chosen = st.selectbox(
        tr("Compare the open run with"),
        names,
        index=names.index(asked) if asked in others else 0,
        key=f"compare.with.{asked}",
        format_func=lambda name: others[name].label,
        help=tr("Runs of this session first, then saved runs. Each difference is the open run minus this one."),
    )
    if chosen != asked and asked in others:
        compared_run.name(chosen)
        st.rerun()
    return others[chosen]

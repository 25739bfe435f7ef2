"""The diagnostics of the shared space: each with its meaning, a verdict, and what can be done about a fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.wording import say, tr
from mmalign_core.workflow import HubCorrection, SpaceVerdict
from pages._components import alignment_form, errors
from pages._components.numbers import fixed
from pages._session import pipeline, state

_SPACE = {
    "gap": (
        say("modality gap"),
        say("Distance between the centres of the two modalities; at 0 they lie at the same place."),
    ),
    "hubness": (
        "hubness",
        say(
            "How unevenly candidates are among the nearest ten (skewness): near 0 is even, above 1 a few "
            "candidates crowd out the rest."
        ),
    ),
    "largest_hub": (
        say("largest hub"),
        say("Share of the queries that have the most frequent candidate among their nearest ten."),
    ),
    "mutual_knn": (
        say("shared neighbours"),
        say("How far both modalities agree on the nearest neighbours: 0 is chance, 1 is full agreement."),
    ),
    "alignment": ("alignment", say("Mean squared distance between the two media of an item; lower is closer.")),
    "uniformity": (
        "uniformity",
        say("How evenly the points fill the sphere; lower is more even, 0 is all in one place."),
    ),
}
_TRAINED = "infonce-linear"
"""The trained aligner that the button takes, as the findings of the Overview page do."""


def show(
    report: Mapping[str, Any],
    verdicts: Mapping[str, SpaceVerdict],
    correction: HubCorrection | None = None,
    *,
    in_vain: bool = False,
) -> None:
    """Draw every diagnostic of the report. Those without a verdict show their meaning alone.

    `correction`: the one for hubs that was tried and surely helps; without it none is offered. `in_vain`: training on
    the pairs was tried and does not surely help, so it is not offered.
    """
    st.subheader(tr("Is the space itself sound?"), anchor=False)
    shown = [name for name in _SPACE if isinstance(report["space"].get(name), int | float)]
    offered: set[str] = set()
    with st.grid(3, min_column_width=230, gap="medium"):
        for name in shown:
            with st.container(gap="xsmall", key=f"align.space.{name}"):
                title, meaning = map(tr, _SPACE[name])
                st.metric(title, fixed(report["space"][name], 3), help=meaning)
                if name in verdicts:
                    _verdict(verdicts[name], offered, correction, in_vain=in_vain)
                else:
                    st.caption(meaning)


def _verdict(verdict: SpaceVerdict, offered: set[str], correction: HubCorrection | None, *, in_vain: bool) -> None:
    """Draw the verdict; each remedy has one button on the page, at the first fault that it mends."""
    colour, icon = ("green", "check_circle") if verdict.good else ("orange", "warning")
    st.markdown(f":{colour}[:material/{icon}: **{errors.plain(verdict.title)}**]")
    st.caption(errors.plain(verdict.words))
    if verdict.remedy in ("", *offered):
        return
    offered.add(verdict.remedy)
    if verdict.remedy == "encoders":
        st.page_link("pages/models.py", label=tr("Try other encoders"), icon=":material/deployed_code:")
    elif verdict.remedy == "correct" and correction is None:
        st.caption(tr("No correction for hubs surely finds more here, so none is offered."))
    elif verdict.remedy == "correct":
        gain = fixed(100 * correction.gain, 1, plus=True)
        words = tr(
            "{name} was tried: {gain} points of {metric}, on the measured queries of this run.",
            name=correction.name,
            gain=gain,
            metric=correction.metric,
        )
        _remedy(tr("Correct for hubs"), ":material/hub:", words, correction=correction.name)
    elif in_vain:
        st.caption(
            tr(
                "{trained} was tried on the pairs and does not surely find more here, so it is not offered.",
                trained=_TRAINED,
            )
        )
    else:
        words = tr("Aligns again by {trained}, measured on held-out items.", trained=_TRAINED)
        changed = {"aligner": _TRAINED, "params": {}, "test": alignment_form.HOLD_OUT}
        _remedy(tr("Train on the pairs"), ":material/model_training:", words, **changed)


def _remedy(label: str, icon: str, words: str, **changed: Any) -> None:
    """Draw the button that aligns again with these choices changed."""
    st.button(label, icon=icon, key=f"align.remedy.{label}", help=words, on_click=_align_again, kwargs=changed)


def _align_again(**changed: Any) -> None:
    state.forget_widgets("align.")
    pipeline.align_with({**pipeline.choices(), **changed})

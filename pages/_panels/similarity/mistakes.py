"""The worst and best pairs as cards, and the pair of a card large in a dialog."""

from __future__ import annotations

import streamlit as st

from mmalign_core.plots import direction_arrow
from mmalign_core.wording import say, tr
from mmalign_core.workflow import judged_rows
from pages._components import errors, header
from pages._components.media import gallery, previews, row_media
from pages._components.numbers import fixed
from pages._panels.similarity import pairs, view
from pages._panels.similarity.view import View
from pages._session import languages, state

_CARDS = 12
"""Cards of one kind; our choice: three rows of four."""
WORST, BEST = say("Worst"), say("Best")
_OPEN = "similarity.open"


def show(shown: View) -> None:
    """Draw how many queries find a right answer first, and the cards; open the pair of a card that was picked."""
    judged = shown.judged
    st.subheader(tr("Which went wrong, which went right?"), anchor=False)
    which = st.segmented_control(
        tr("Show"),
        [WORST, BEST],
        default=WORST,
        required=True,
        key="show",
        bind="query-params",
        format_func=languages.worded("show", (WORST, BEST)),
        label_visibility="collapsed",
    )
    first = int((judged.rank == 1).sum())
    st.caption(
        tr(
            "{first:,} of {n:,} queries find a right answer first, over {split}.",
            first=first,
            n=len(judged),
            split=errors.plain(shown.split),
        )
    )
    worst = judged.worst_first().tolist()
    if which == WORST:
        rows = [row for row in worst if judged.rank[row] > 1][:_CARDS]
    else:
        rows = [row for row in reversed(worst) if judged.rank[row] == 1][:_CARDS]
    if rows:
        cards = [row_media.card(shown.run, shown.judged, row) for row in rows]
        gallery.show(cards, key=f"pairs.{which}", width=330, most=4, on_pick=lambda row: _pick(shown, int(row)))
    else:
        errors.empty(
            tr("None"),
            tr("Every query finds a right answer first.")
            if which == WORST
            else tr("No query finds a right answer first."),
            "check_circle",
        )
    opened = state.take_widget(_OPEN)
    if opened is not None and int(opened) < len(judged):
        _dialog(shown, int(opened))


def _pick(shown: View, row: int) -> None:
    """Open the pair of the card, and put it in focus in the matrix, which is drawn anew once the dialog is closed."""
    state.set_widget(_OPEN, row)
    view.focus(shown, int(judged_rows(shown.run, shown.judged)[row]), int(shown.judged.chosen[row]))
    state.select_item(shown.judged.queries.ids[row])


def _closed() -> None:
    st.rerun(["similarity.matrix"])


@st.dialog("Pair", width="large", on_dismiss=_closed)
def _dialog(shown: View, row: int) -> None:
    """Draw the query, the chosen candidate and the right answer large."""
    judged, run = shown.judged, shown.run
    right = not judged.missed[row]
    verdict = "right" if judged.correct[row] else "wrong"
    st.markdown(
        tr(
            "**{arrow}: {verdict}.** The right answer ranks {rank:,} of {n_candidates:,} ({split}).",
            arrow=header.arrow(shown.source, shown.target),
            verdict=verdict,
            rank=int(judged.rank[row]),
            n_candidates=int(judged.n_candidates[row]),
            split=errors.plain(shown.split),
        )
    )
    sides = [(tr("Query"), judged.queries, row, None)]
    sides.append(
        (tr("Chosen") if judged.decided[row] else tr("Undecided, best"), judged.candidates, judged.chosen[row],
         judged.chosen_score[row])
    )  # fmt: skip
    if not right:
        sides.append((tr("Right answer"), judged.candidates, judged.right[row], judged.right_score[row]))
    for column, (name, rows, place, score) in zip(st.columns(len(sides), gap="medium"), sides):
        with column:
            shown_score = "" if score is None else f" · score {fixed(float(score), 3)}"
            st.markdown(f"**{name}**{shown_score}")
            pairs.show_row(run, rows, int(place))
            if rows.modality != "text":
                st.caption(errors.plain(previews.title(run.collection, rows.ids[int(place)])))
    if st.button(tr("Open in Errors"), icon=":material/flag:", key="pair.errors"):
        filters = {"direction": direction_arrow(shown.way), "item": judged.queries.ids[row]}
        st.switch_page("pages/errors.py", query_params=filters)

"""Recommend: a text, picture, sound, item or user in; the next items out, with what each modality adds to the score."""

import streamlit as st

from mmalign_core.plots import contribution_figure
from mmalign_core.workflow import Run
from pages._shared import ask, cache, errors, gallery, header, previews, state, waiting


@st.fragment
def answer(run: Run, run_key: str) -> None:
    """The question on the left, the answers on the right; only this part runs again when something moves."""
    left, right = st.columns([3, 7], gap="large")
    with left:
        query = ask.query(run)
        st.markdown("##### Weights")
        weights = ask.weights(run)
        k = st.slider(
            "How many",
            1,
            min(30, max(2, len(run.collection.ids))),
            min(10, max(2, len(run.collection.ids))),
            key="k",
            bind="query-params",
        )
    with right, errors.shown():
        if query is None:
            errors.empty("Ask something", "The nearest items in the shared space appear here.", "search")
            return
        found = cache.recommended(run_key, query, tuple(sorted(weights.items())), k, run)
        scale = max((abs(part) for r in found for part in r.contributions.values()), default=1.0) or 1.0
        cards = [
            previews.card(
                run.collection,
                r.id,
                rank=str(r.rank),
                note=r.reason,
                bars=list(r.contributions.items()),
                scale=scale,
                audio=previews.inline_sound(run.collection, r.id),
                modalities=[],
            )
            for r in found
        ]
        gallery.show(cards, key="recommend.cards", width=138, most=5, selects=False)
        st.caption(
            "Each bar is what a modality's similarity to the query adds to the score, in standard deviations nearer"
            " than the average item; the parts sum to it."
            " It says which modality was near, not which part of a picture or text made it so."
        )
        with st.expander("Compare the contributions", icon=":material/stacked_bar_chart:"):
            titles = [previews.title(run.collection, r.id) for r in found]
            st.plotly_chart(
                contribution_figure(titles, [r.contributions for r in found]),
                key="recommend.bars",
                config={"displayModeBar": False},
                alt="Contribution of each modality to every score",
            )
        previews.attribution(run.collection)


state.through_app("pages/recommend.py")
header.show("Recommend", "What would we show next, and why?")
waiting.need("collection")
answer(waiting.need("run"), state.wanted().run_key)

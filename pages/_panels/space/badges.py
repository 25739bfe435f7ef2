"""Two badges below the map: whether it is faithful to the space, and how far the modalities mix."""

from __future__ import annotations

import streamlit as st

from mmalign_core.types import Progress
from mmalign_core.wording import say, tr
from mmalign_core.workflow import Mixing, Projection, Run, modality_mixing
from pages._components import waiting
from pages._session.jobs import Task

_FAITHFUL = say(
    "neighbour overlap: share of the {k} nearest points on the map that are among the {k} nearest in "
    "the space.  \ntrustworthiness: are points that lie together on the map also near each other in "
    "the space? 1 is best.  \nrandom: the values of randomly placed points. Distances between far "
    "groups mean little on any such map."
)
_MIXING = say(
    "share of the {k} nearest neighbours in the space (not on the map) that are of another modality. "
    " \nexpected: the same if the modality made no difference. Far below it the modalities lie apart, "
    "which is called the modality gap; pairs can still be found then."
)


def show(run: Run, run_key: str, projection: Projection) -> None:
    """Draw both badges, each with its numbers."""
    _faithful(projection)
    if len(run.result.space) > 1:
        _mixing(run, run_key)


def _faithful(projection: Projection) -> None:
    if projection.quality_n < 2:
        return
    k, (trust, overlap) = projection.quality_k, projection.by_chance
    if projection.better_than_chance:
        verdict = tr(":green-badge[:material/check_circle: The map is faithful: better than a random map]")
    else:
        verdict = tr(":red-badge[:material/warning: The map is not shown to be better than a random map]")
    numbers = tr(
        "{dimensions}-D UMAP · neighbour overlap {neighbour_overlap:.3f} (random {overlap:.3f}) · "
        "trustworthiness {trustworthiness:.3f} (random {trust:.3f}) · n = {quality_n:,}",
        dimensions=projection.dimensions,
        neighbour_overlap=projection.neighbour_overlap,
        overlap=overlap,
        trustworthiness=projection.trustworthiness,
        trust=trust,
        quality_n=projection.quality_n,
    )
    if projection.neighbours_found != 1.0:  # an exact graph needs no word
        numbers += f" · {projection.graph_words}"
    if projection.done < 1.0:
        numbers += tr(" · {done:.0%} of the work done", done=projection.done)
    st.markdown(f"{verdict} :small[:gray[{numbers}]]", help=tr(_FAITHFUL).format(k=k))


def _mixing(run: Run, run_key: str) -> None:
    def work(progress: Progress) -> Mixing:
        progress(0.0, tr("counting neighbours of other modalities"))
        return modality_mixing(run.result.space)

    found = waiting.result(Task("mixing", run_key, say("mixing of the modalities"), work), begin=True)
    if found is None or found.n < 2:
        return
    low, high = found.interval
    apart = high < found.expected
    look = "orange-badge[:material/call_split:" if apart else "green-badge[:material/join:"
    how = tr("mix less than by chance") if apart else "mix"
    words = tr(
        ":{look} The modalities {how}: {observed:.0%} of neighbours are of another modality]",
        look=look,
        how=how,
        observed=found.observed,
    )
    numbers = tr(
        "expected {expected:.0%} · 95% interval {low:.1%} to {high:.1%} · n = {n:,}",
        expected=found.expected,
        low=low,
        high=high,
        n=found.n,
    )
    st.markdown(f"{words} :small[:gray[{numbers}]]", help=tr(_MIXING).format(k=found.k))

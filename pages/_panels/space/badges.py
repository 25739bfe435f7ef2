"""Two badges below the map: whether it is faithful to the space, and how far the modalities mix."""

from __future__ import annotations

import streamlit as st

from mmalign_core.types import Progress
from mmalign_core.workflow import Mixing, Projection, Run, modality_mixing
from pages._components import waiting
from pages._session.jobs import Task

_FAITHFUL = (
    "neighbour overlap: share of the {k} nearest points on the map that are among the {k} nearest in the space.  \n"
    "trustworthiness: are points that lie together on the map also near each other in the space? 1 is best.  \n"
    "random: the values of randomly placed points. Distances between far groups mean little on any such map."
)
_MIXING = (
    "share of the {k} nearest neighbours in the space (not on the map) that are of another modality.  \n"
    "expected: the same if the modality made no difference. Far below it the modalities lie apart, which is called the"
    " modality gap; pairs can still be found then."
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
        verdict = ":green-badge[:material/check_circle: The map is faithful: better than a random map]"
    else:
        verdict = ":red-badge[:material/warning: The map is not shown to be better than a random map]"
    numbers = (
        f"{projection.dimensions}-D UMAP · neighbour overlap {projection.neighbour_overlap:.3f} (random"
        f" {overlap:.3f}) · trustworthiness {projection.trustworthiness:.3f} (random {trust:.3f}) ·"
        f" n = {projection.quality_n:,}"
    )
    if projection.neighbours_found != 1.0:  # an exact graph needs no word
        numbers += f" · {projection.graph_words}"
    if projection.done < 1.0:
        numbers += f" · {projection.done:.0%} of the work done"
    st.markdown(f"{verdict} :small[:gray[{numbers}]]", help=_FAITHFUL.format(k=k))


def _mixing(run: Run, run_key: str) -> None:
    def work(progress: Progress) -> Mixing:
        progress(0.0, "counting neighbours of other modalities")
        return modality_mixing(run.result.space)

    found = waiting.result(Task("mixing", run_key, "mixing of the modalities", work), begin=True)
    if found is None or found.n < 2:
        return
    low, high = found.interval
    apart = high < found.expected
    look = "orange-badge[:material/call_split:" if apart else "green-badge[:material/join:"
    how = "mix less than by chance" if apart else "mix"
    words = f":{look} The modalities {how}: {found.observed:.0%} of neighbours are of another modality]"
    numbers = f"expected {found.expected:.0%} · 95% interval {low:.1%} to {high:.1%} · n = {found.n:,}"
    st.markdown(f"{words} :small[:gray[{numbers}]]", help=_MIXING.format(k=found.k))

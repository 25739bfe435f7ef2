"""Pivot: encoders that each share a space with texts are linked by the same texts in all of those spaces."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mmalign_core.aligners.base import FEWEST_SHARED, register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.linear.base import Examples, LinearAligner, Maps
from mmalign_core.aligners.linear.canonical import canonical_maps
from mmalign_core.aligners.pairs import check_varied
from mmalign_core.params import param
from mmalign_core.spaces import text_modality, text_tower
from mmalign_core.types import BadInput, EmbeddingSet, Progress
from mmalign_core.types.embeddings import Pivots

Sets = Mapping[str, EmbeddingSet]


@register("pivot")
class Pivot(LinearAligner):
    """Regularised CCA (MAXVAR generalised for three and more) of pivot texts, applied to the media of each space.

    Texts p are read by the text tower of every modality's encoder, which gives P_m (p, d_m): pairs for free. The maps
    they give hold for pictures and sounds because those lie in the same spaces but for the modality gap, about one
    shift (Liang et al. 2022; Zhang et al. 2024, C3), which goes where every modality is taken from the mean of its
    own fitted contents. Items' pairs are never looked at. The map is linear, so scores are explained exactly.

    The ridge is strong on purpose: texts agree in fine detail that media do not share, and a ridge that suits held-out
    texts best is too weak for pictures.
    """

    summary = "Pictures and sounds of unrelated models (CLIP, CLAP) linked by texts that both read: no pairs needed"
    card = Card(
        idea="The text towers of two models read the same texts, which shows how their spaces lie to each other. "
        "Pictures and sounds follow their texts, each taken from its own modality's mean.",
        formula=r"f_m(x) = (x-\mu_m)\,\Sigma_m^{-1/2} U_m \operatorname{diag}(\rho)^{s/2},\quad "
        r"\Sigma_a^{-1/2}\,P_a^\top P_b\,\Sigma_b^{-1/2} = U_a \operatorname{diag}(\rho)\, U_b^\top",
        use="With pictures by open-clip and sounds by clap, or any encoders that each share a space with texts, and "
        "few or no pairs. Where no item has both a picture and a sound it works all the same, only nothing can be "
        "measured. Encoders that already share one space are better taken as-is.",
        reference="Wang et al. 2023, Connecting Multi-modal Contrastive Representations (C-MCR); Zhang et al. 2024, "
        "Connect, Collapse, Corrupt",
    )
    needs_pairs = False
    needs_pivots = True
    multiway = True
    dims: int = param(128, 1, 4096, help="how many directions shared by the texts to keep")
    reg: float = param(3.0, 0.001, 1000, help="ridge on the texts' covariance in each space, relative to its variance")
    weighting: float = param(2.0, 0, 50, help="directions count by correlation to this power; 0: all alike")
    own_texts: int = param(2000, 0, 20_000, help="at most so many different texts of the collection link the spaces")
    vocabulary: bool = param(True, help="names of things seen and heard link the spaces too (ImageNet, AudioSet)")

    def can_join(self, rows: EmbeddingSet, pair: Sets) -> bool:
        """Whatever has texts in its own space, or an encoder that can bring them there, and differs."""
        known = rows.pivots is not None or text_tower(rows.encoder, rows.modality) is not None
        return known and bool((rows.vectors != rows.vectors[:1]).any())

    def _fit(self, sets: Sets, seed: int, progress: Progress) -> None:
        """Maps from the pivots, centres from the sets. BadInput: too few pivots, or rows of a modality all alike.

        Without texts among the sets, the tower of `text_modality` places them, from the pivots' mean.
        """
        self.history = ()
        pivots = shared_pivots(sets)
        progress(0.1, f"linking {len(next(iter(pivots.values())))} texts")
        views = {m: p.vectors.astype(np.float64) for m, p in pivots.items()}
        for m, view in views.items():
            check_varied(self.name, f"the texts in the space of {m}", view)
        rows = {m: view - view.mean(0) for m, view in views.items()}
        solution = self.solve(Examples(rows, {m: np.ones(len(x), bool) for m, x in rows.items()}), seed, progress)
        self._maps, self._weight = dict(solution.maps), solution.weight
        self._centres = {m: _own_mean(s) for m, s in sets.items()}
        if "text" not in sets:
            typed = text_modality(sets)
            self._maps["text"], self._centres["text"] = self._maps[typed], views[typed].mean(0)
        progress(1.0, "linked")

    def solve(self, examples: Examples, seed: int, progress: Progress) -> Maps:
        """Canonical maps, weighted by half the power on each side."""
        found = canonical_maps(examples, self.dims, self.reg)
        return Maps(found.maps, found.weight ** (self.weighting / 2))


def shared_pivots(sets: Sets) -> dict[str, Pivots]:
    """Modality -> pivots, in an order that depends on the texts alone. BadInput where they cannot link the sets."""
    if len(sets) < 2:
        raise BadInput(f"pivot aligns two modalities or more; {', '.join(sets) or 'none'} was given")
    found = {m: _needed(s) for m, s in sets.items()}
    texts = next(iter(found.values())).texts
    if any(p.texts != texts or len(p.vectors) != len(texts) for p in found.values()):
        raise BadInput("pivot needs the same texts in the space of every modality, in the same order")
    if len(texts) < FEWEST_SHARED:
        raise BadInput(
            f"pivot has {len(texts)} texts to link the spaces by, at least {FEWEST_SHARED} are needed: allow more of "
            "the collection's (own_texts) or the vocabulary (vocabulary=true)"
        )
    for m, s in sets.items():
        check_varied("pivot", m, s.vectors)
        _check_width(s, found[m])
    order = sorted(range(len(texts)), key=texts.__getitem__)
    return {m: p.take(order) for m, p in found.items()}


def _needed(rows: EmbeddingSet) -> Pivots:
    if rows.pivots is None:
        raise BadInput(
            f"pivot needs texts in the space of {rows.modality} {rows.made_by}: encode it with a model that reads "
            f"texts too (open-clip, clap), or choose an aligner that learns from pairs"
        )
    return rows.pivots


def _check_width(rows: EmbeddingSet, pivots: Pivots) -> None:
    if pivots.vectors.shape[1] != rows.vectors.shape[1]:
        raise BadInput(
            f"the pivot texts of {rows.modality} have {pivots.vectors.shape[1]} dimensions, its vectors "
            f"{rows.vectors.shape[1]}; encode both with one model"
        )


def _own_mean(rows: EmbeddingSet) -> np.ndarray:
    """Mean (d,) over distinct contents, in an order that rows cannot change."""
    first = {key: i for i, key in reversed(list(enumerate(rows.keys)))}
    return rows.vectors[[first[key] for key in sorted(first)]].mean(0, dtype=np.float64)

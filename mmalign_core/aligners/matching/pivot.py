"""Pivot: encoders that each share a space with texts are linked by the same texts in all of these spaces."""

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
from mmalign_core.wording import say

Sets = Mapping[str, EmbeddingSet]


@register("pivot")
class Pivot(LinearAligner):
    """Regularised CCA (MAXVAR generalised for three and more) of pivot texts, applied to the media of each space.

    The text tower of every modality's encoder reads the same texts, which gives P_m (p, d_m): pairs without cost. Their
    maps hold for pictures and sounds too, because these lie in the same spaces up to the modality gap. The gap is about
    one shift (Liang et al. 2022; Zhang et al. 2024, C3), and it vanishes when the mean of each modality's own fitted
    contents is subtracted. Items' pairs are not used. The map is linear, so scores are explained exactly.

    The default ridge is strong, because texts agree in fine detail that media do not share: the ridge that is best for
    held-out texts is too weak for pictures.
    """

    summary = say(
        "Pictures and sounds of unrelated models (CLIP, CLAP) linked by texts that both read: no pairs needed"
    )
    card = Card(
        idea=say(
            "The text towers of two models read the same texts, which gives the map between their spaces. "
            "Pictures and sounds use the same map, each relative to its own modality's mean."
        ),
        formula=r"f_m(x) = (x-\mu_m)\,\Sigma_m^{-1/2} U_m \operatorname{diag}(\rho)^{s/2},\quad "
        r"\Sigma_a^{-1/2}\,P_a^\top P_b\,\Sigma_b^{-1/2} = U_a \operatorname{diag}(\rho)\, U_b^\top",
        use=say(
            "With pictures by open-clip and sounds by clap, or any encoders that each share a space with "
            "texts, and few or no pairs. If no item has both a picture and a sound it still works, but "
            "nothing can be measured. For encoders that already share one space as-is is better."
        ),
        reference="Wang et al. 2023, Connecting Multi-modal Contrastive Representations (C-MCR); Zhang et al. 2024, "
        "Connect, Collapse, Corrupt",
    )
    needs_pairs = False
    needs_pivots = True
    multiway = True
    dims: int = param(128, 1, 4096, help="most directions shared by the texts")
    reg: float = param(3.0, 0.001, 1000, help="ridge on the texts' covariance in each space, relative to its variance")
    weighting: float = param(2.0, 0, 50, help="directions are weighted by correlation to this power; 0: equally")
    own_texts: int = param(2000, 0, 20_000, help="most different texts of the collection that link the spaces")
    vocabulary: bool = param(True, help="link the spaces also by names of things seen and heard (ImageNet, AudioSet)")

    def can_join(self, rows: EmbeddingSet, pair: Sets) -> bool:
        """Whether the set has texts in its own space, or an encoder that can place them there, and its rows differ."""
        known = rows.pivots is not None or text_tower(rows.encoder, rows.modality) is not None
        return known and bool((rows.vectors != rows.vectors[:1]).any())

    def _fit(self, sets: Sets, seed: int, progress: Progress) -> None:
        """Fit maps to the pivots and centres to the sets. BadInput: too few pivots, or a modality with equal rows.

        Without texts among the sets, the tower of `text_modality` places them, relative to the pivots' mean.
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
        """Return canonical maps, weighted by half the power on each side."""
        found = canonical_maps(examples, self.dims, self.reg)
        return Maps(found.maps, found.weight ** (self.weighting / 2))


def shared_pivots(sets: Sets) -> dict[str, Pivots]:
    """Return modality -> pivots, in an order that depends on the texts alone. BadInput if they cannot link the sets."""
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
    """Return the mean (d,) over distinct contents, independent of the order of rows."""
    first = {key: i for i, key in reversed(list(enumerate(rows.keys)))}
    return rows.vectors[[first[key] for key in sorted(first)]].mean(0, dtype=np.float64)

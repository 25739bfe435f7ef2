"""Autoencoder with one code for all modalities: each is reconstructed from its own code and from the others'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.embedding.autoencoder_losses import (
    TERMS,
    Decoder,
    correlation,
    cross_reconstruction,
    reconstruction,
)
from mmalign_core.aligners.linear.spectral import is_wide, span_basis
from mmalign_core.aligners.pairs import Sets, paired_rows
from mmalign_core.aligners.towers.batches import Batch, Examples, held_out_mrr
from mmalign_core.aligners.towers.initial_weights import Start, start_towers
from mmalign_core.aligners.towers.tower import Tower, TowerAligner
from mmalign_core.aligners.training import Contrast, Holdout, Plan, hold_out, train
from mmalign_core.params import param
from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.types.single import single_rows
from mmalign_core.wording import say

if TYPE_CHECKING:
    import torch


@register("autoencoder")
class Autoencoder(TowerAligner):
    """loss = agreement + reconstruction · own rows + cross · the others' rows. Rows without a partner are used too.

    Encoders are a linear map, which starts at CCA, plus a hidden layer. Decoders have the same form and random initial
    weights. Held-out pairs choose CCA's ridge and when to stop. The history holds the loss and its terms per check.
    Only the encoders are needed to place rows. Of few and wide rows the coordinates in their span are learned from.
    """

    summary = say("Encoders and decoders around one shared code; learns from pairs and from rows without a partner")
    card = Card(
        idea=say(
            "Every modality is encoded into one shared code, from which its own vector and those of the "
            "other modalities are reconstructed. A further term makes the codes of a pair agree."
        ),
        formula=r"\sum_m \|d_m(e_m(x_m)) - x_m\|^2 + \sum_{m\ne n} \|d_n(e_m(x_m)) - x_n\|^2 + "
        r"\mathcal{L}_\text{agree}(e_m(x_m), e_n(x_n))",
        use=say(
            "When many items lack a partner, since reconstruction uses them; with pairs alone contrastive is simpler."
        ),
        reference="Ngiam et al. 2011, Multimodal Deep Learning (ICML); Chandar et al. 2016, Correlational Neural "
        "Networks",
    )
    towers_a_modality = 2
    spans_rows = True
    agreement: str = param("contrastive", choices=TERMS, help="loss that makes the codes of a pair agree")
    reconstruction: float = param(1.0, 0, 100, help="weight of reconstructing each modality from its own code")
    cross: float = param(1.0, 0, 100, help="weight of reconstructing each modality from the codes of the others")
    dims: int = param(128, 2, 4096, help="most dimensions of the code")
    hidden: int = param(256, 0, 8192, help="width of the hidden layer in encoders and decoders; 0: linear only")
    noise: float = param(0.4, 0, 10, help="noise on vectors in training, relative to their deviation")
    start: str = param("cca", choices=("cca", "random"), help="first weights of the encoders")
    steps: int = param(200, 1, 100_000, help="most training steps")
    batch: int = param(512, 2, 65_536, help="pairs per step, and additional rows of each modality to reconstruct")
    learning_rate: float = param(1e-3, 1e-6, 1, help="the highest learning rate, after the warm-up")
    patience: int = param(8, 0, 1000, help="checks without a better validation before it stops; 0: never")

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        """Train on items that have two or more of the modalities. Raises BadInput before the training starts."""
        self.history = ()
        sets, spans = spanned(sets)
        parts = hold_out(paired_rows(sets, self.name), seed=seed)
        progress(0.0, "starting points")
        self._towers = start_towers(self.name, sets, parts, Start(self.start), self.dims, self.hidden, seed)[0]
        self._train(sets, parts, seed, progress)
        self._towers = {m: spans[m].lifted(tower) if m in spans else tower for m, tower in self._towers.items()}
        progress(1.0, "trained")

    def _train(self, sets: Sets, parts: Holdout, seed: int, progress: Progress) -> None:
        rng, towers = np.random.default_rng(seed), self._towers
        dims = len(next(iter(towers.values())).parts["bias"])
        decoders = {m: Decoder(dims, tower.width, self.hidden, rng) for m, tower in towers.items()}
        examples, contrast, terms = Examples(towers, sets, parts.kept), Contrast(), {}
        alone = {m: towers[m].scaled(s.vectors[_not_held(s, parts.held.rows[m])]) for m, s in sets.items()}

        def loss_of(rows: np.ndarray, generator: torch.Generator) -> torch.Tensor:
            found = self._terms(towers, decoders, contrast, examples.take(rows), alone, generator)
            terms.update({name: float(term.detach()) for name, term in found.items()})
            return found[self.agreement] + self.reconstruction * found["rebuilt"] + self.cross * found["crossed"]

        learned = [part for each in (*towers.values(), *decoders.values()) for part in each.learned]
        train(
            [*learned, *contrast.parameters],
            loss_of,
            len(parts.kept),
            self._plan(),
            validate=lambda: held_out_mrr(towers, sets, parts.held),
            seed=seed,
            progress=progress,
            record=lambda **values: self.record(**values, **terms),
        )

    def _terms(
        self,
        towers: Mapping[str, Tower],
        decoders: Mapping[str, Decoder],
        contrast: Contrast,
        batch: Batch,
        alone: Mapping[str, torch.Tensor],
        generator: torch.Generator,
    ) -> dict[str, torch.Tensor]:
        """Return the terms of the loss by name. `alone`: modality -> scaled rows, some of which are reconstructed."""
        places = {m: tower.place(batch.rows[m], self.noise, 0.0, generator) for m, tower in towers.items()}
        drawn = {m: _some(rows, self.batch, generator) for m, rows in alone.items()}
        own = {m: towers[m].place(rows, self.noise, 0.0, generator) for m, rows in drawn.items()}
        agree = correlation(places, batch.present)
        if self.agreement == "contrastive":
            agree = contrast(places, batch.present, batch.groups)
        crossed = cross_reconstruction(decoders, places, batch.rows, batch.present)
        return {self.agreement: agree, "rebuilt": reconstruction(decoders, own, drawn), "crossed": crossed}

    def _plan(self) -> Plan:
        return Plan(
            self.steps,
            self.batch,
            self.learning_rate,
            patience=self.patience,
            check_every=max(1, self.steps // 20),
        )


def _not_held(rows: EmbeddingSet, held: np.ndarray) -> np.ndarray:
    """Return the numbers of the rows outside the held-out examples, in an order independent of the set's order."""
    hidden = set(held.tolist())
    order = sorted(range(len(rows)), key=lambda i: (rows.ids[i], rows.keys[i]))
    return np.array([i for i in order if i not in hidden], int)


def _some(rows: torch.Tensor, most: int, generator: torch.Generator) -> torch.Tensor:
    """Return at most `most` of the rows, drawn at random on each call."""
    import torch

    return rows if len(rows) <= most else rows[torch.randint(len(rows), (most,), generator=generator)]


@dataclass(frozen=True)
class Span:
    """The `centre` (d,) of the rows of one modality, and orthonormal `axes` (d, r) of the space that they span."""

    centre: np.ndarray
    axes: np.ndarray

    def lifted(self, tower: Tower) -> Tower:
        """The tower of rows (n, d) that places them where `tower` places their coordinates (n, r) in the span."""
        parts = tower.arrays("")
        parts["centre"] = self.centre + self.axes @ parts["centre"]
        for name in ("linear", "enter"):
            if name in parts:
                parts[name] = self.axes @ parts[name]
        return Tower(parts)


def spanned(sets: Mapping[str, EmbeddingSet]) -> tuple[dict[str, EmbeddingSet], dict[str, Span]]:
    """The sets with coordinates in their span where rows are few and wide, and these spans by modality.

    Distances and angles of the rows stay as they are.
    """
    found, spans = dict(sets), dict[str, Span]()
    for modality, rows in sets.items():
        if is_wide(rows.vectors):
            centre = rows.vectors.mean(axis=0)
            centred = rows.vectors - centre
            spans[modality] = Span(centre, span_basis(centred))
            found[modality] = replace(rows, vectors=single_rows(centred @ spans[modality].axes))
    return found, spans

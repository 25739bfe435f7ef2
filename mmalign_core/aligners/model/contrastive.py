"""Base class of the contrastive towers over vectors. Held-out pairs choose start, noise, steps and prior."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mmalign_core.aligners.model.prior import WithPrior
from mmalign_core.aligners.pairs import Pairs, Sets, paired_rows
from mmalign_core.aligners.towers.batches import Examples, held_out_mrr, place_examples
from mmalign_core.aligners.towers.initial_weights import STARTS, Start, start_towers
from mmalign_core.aligners.towers.tower import Tower, TowerAligner
from mmalign_core.aligners.training import LOSSES, Contrast, Holdout, Plan, hold_out, keep_all, train
from mmalign_core.params import param
from mmalign_core.progress import within
from mmalign_core.types import EmbeddingSet, Progress

if TYPE_CHECKING:
    import torch

MANY_PAIRS = 5000
"""Number of pairs above which regularisation is light and one training without a refit is enough. Chosen, as
`training.holdout.MOST_REFITTED`."""
MARGIN = 0.01
"""Vectors that share a space stay unchanged unless training raises the mean reciprocal rank by this much,
as in `model.prior`."""

_WIDEST = 4096
"""Width up to which the unchanged vectors are tried as a start, which takes weights of the width squared: 67 MB a
modality. Chosen: above the widths of encoders."""


@dataclass(frozen=True)
class Recipe:
    """The start and the regularisation of a training, with `held_out_mrr` on held-out pairs at `step`."""

    start: Start
    noise: float
    dropout: float
    step: int | None = None
    quality: float = -1.0


class ContrastiveAligner(WithPrior, TowerAligner):
    """Trains one tower for each modality so that the members of a pair are close and other rows are not.

    Some pairs are held out. They choose the start (its ridge; CCA or the unchanged vectors), noise and dropout, when to
    stop, and the weight of the zero-shot bridge. Then, up to MANY_PAIRS, the training is repeated on all pairs.
    """

    begins_at = "infonce-linear"
    few: ClassVar[tuple[tuple[float, float], ...]] = ((0.4, 0.0), (1.0, 0.0))
    """Noise and dropout tried with few pairs."""
    many: ClassVar[tuple[float, float]] = (0.1, 0.0)
    """Noise and dropout with more than MANY_PAIRS."""

    to_beat: float = -math.inf
    """Quality on held-out pairs that another aligner reached: a fit that reaches no more ends before it trains on all
    pairs, and is not to be used."""

    loss: str = param("infonce", choices=LOSSES, help="infonce: one right among many; sigmoid: each pair for itself")
    start: str = param("auto", choices=STARTS, help="initial weights; auto: cca, or as-is if better on held-out pairs")
    dims: int = param(128, 2, 4096, help="most dimensions of the learned space (as-is keeps the vectors' own)")
    steps: int = param(0, 0, 100_000, help="most training steps; 0: 100 to 600, more for more pairs")
    batch: int = param(0, 0, 65_536, help="pairs that a step compares; 0: 512, or 1024 with more than 5,000 pairs")
    learning_rate: float = param(1e-3, 1e-6, 1, help="the highest learning rate, after the warm-up")
    weight_decay: float = param(0.01, 0, 10, help="decay of the weights per step (AdamW)")
    noise: float = param(-1.0, -1, 10, help="noise on vectors in training, relative; -1: by held-out pairs")
    mixup: float = param(0.0, 0, 10, help="above 0: pairs of examples are blended (FuseMix), more evenly above 1")
    temperature: float = param(0.07, 0.01, 1, help="of the loss; the initial one if it is learned")
    learn_temperature: bool = param(True, help="whether the temperature is learned along with the maps")
    patience: int = param(8, 0, 1000, help="checks without a better validation before it stops; 0: never")
    prior: str = param("auto", choices=("auto", "off"), help="auto: weight of the zero-shot bridge by held-out pairs")

    def hidden_width(self) -> int:
        """Return the width of the hidden layer, 0 for none."""
        return 0

    def strengths(self, pairs: int) -> tuple[tuple[float, float], ...]:
        """Return the pairs of noise and dropout to try."""
        tried = self.few if pairs <= MANY_PAIRS else (self.many,)
        return tuple(dict.fromkeys((n if self.noise < 0 else self.noise, d) for n, d in tried))

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        """Train on items that have two or more of the modalities. Raises BadInput before the training starts."""
        self.history = ()
        pairs = paired_rows(sets, self.name)
        parts = hold_out(pairs, seed=seed)
        progress(0.0, "starting points")
        self.chosen, self._towers = self._best(sets, parts, seed, within(progress, 0.0, 2 / 3 if parts.refits else 1.0))
        self.start_kept = self.chosen.step == 0
        if self.chosen.quality <= self.to_beat:
            return self.record(**self._choices())
        self._choose_beside(place_examples(self._towers, sets, parts.held), sets, parts, seed)
        self.record(**self._choices())
        if parts.refits:
            whole = keep_all(pairs)
            towers = self._towers_at(sets, whole, self.chosen.start, seed)[0]
            self._towers = self._train(towers, sets, whole, self.chosen, seed, within(progress, 2 / 3, 1.0))[1]
        progress(1.0, self.verdict())

    def _best(self, sets: Sets, parts: Holdout, seed: int, progress: Progress) -> tuple[Recipe, dict[str, Tower]]:
        """Train the best start at each strength and return the best; the strongest if nothing is held out."""
        recipe, begun = self._first(sets, parts, seed)
        shared = recipe.start.kind == "as-is" and self.start == "auto"
        if shared and not len(parts.held):
            return recipe, begun
        strengths = self.strengths(len(parts.kept) + len(parts.held))
        strengths, found = strengths if len(parts.held) else strengths[-1:], []
        for i, (noise, dropout) in enumerate(strengths):
            tried = replace(recipe, noise=noise, dropout=dropout, step=None)
            part = within(progress, i / len(strengths), (i + 1) / len(strengths))
            found.append(self._train({m: t.copy() for m, t in begun.items()}, sets, parts, tried, seed, part))
        best = max(found, key=lambda each: each[0].quality)
        return (recipe, begun) if shared and best[0].quality <= recipe.quality + MARGIN else best

    def _choices(self) -> dict[str, float]:
        """Return the history's row without a step: the choices by held-out pairs."""
        recipe, prior = self.chosen, self._prior.weight
        ridge = {} if recipe.start.ridge is None else {"ridge": recipe.start.ridge}
        known = {"known": self._known.weight} if self._known.weight else {}
        return {"noise": recipe.noise, "dropout": recipe.dropout, "prior": prior, **known, **ridge}

    def verdict(self) -> str:
        """Return the choices by held-out pairs in words."""
        best = self.chosen
        ridge = f" with ridge {best.start.ridge:g}" if best.start.ridge else ""
        noise = f"noise {best.noise:g}, dropout {best.dropout:g}"
        known = f", known pairs {self._known.weight:g}" if self._known.weight else ""
        return f"{best.start.kind} start{ridge}, {noise}, prior {self._prior.weight:g}{known}"

    def _first(self, sets: Sets, parts: Holdout, seed: int) -> tuple[Recipe, dict[str, Tower]]:
        """Return the start that places held-out pairs best before any training.

        If none are held out: the unchanged vectors if pairs are near one another twice as well as by chance, else CCA.
        """
        widths = {s.vectors.shape[1] for s in sets.values()}
        auto = ("as-is", "cca") if len(widths) == 1 and max(widths) <= _WIDEST else ("cca",)
        found = []
        for kind in auto if self.start == "auto" else (self.start,):
            towers, start = self._towers_at(sets, parts, Start(kind), seed)
            if len(parts.held):
                reached = held_out_mrr(towers, sets, parts.held) or 0.0
            else:
                reached = (
                    (held_out_mrr(towers, sets, parts.kept) or 0.0) if kind == "as-is" else 2 * _chance(parts.kept)
                )
            found.append((Recipe(start, 0.0, 0.0, 0, reached), towers))
        return max(found, key=lambda each: each[0].quality)

    def _towers_at(self, sets: Sets, parts: Holdout, start: Start, seed: int) -> tuple[dict[str, Tower], Start]:
        return start_towers(self.name, sets, parts, start, self.dims, self.hidden_width(), seed)

    def _train(
        self, towers: dict[str, Tower], sets: Sets, parts: Holdout, recipe: Recipe, seed: int, progress: Progress
    ) -> tuple[Recipe, dict[str, Tower]]:
        """Train the towers in place, and return them with the recipe and its results."""
        examples = Examples(towers, sets, parts.kept)
        contrast = Contrast(self.loss, self.temperature, self.learn_temperature)

        def loss_of(rows: np.ndarray, generator: torch.Generator) -> torch.Tensor:
            batch = examples.take(rows)
            batch = batch.mixed(self.mixup, generator) if self.mixup else batch
            places = {m: t.place(batch.rows[m], recipe.noise, recipe.dropout, generator) for m, t in towers.items()}
            return contrast(places, batch.present, batch.groups)

        learned = [part for tower in towers.values() for part in tower.learned]
        result = train(
            [*learned, *contrast.parameters],
            loss_of,
            len(parts.kept),
            self._plan(len(parts.kept) + len(parts.held), recipe.step),
            validate=lambda: held_out_mrr(towers, sets, parts.held),
            seed=seed,
            progress=progress,
            record=self.record,
        )
        reached = recipe.quality if result.validation is None else result.validation
        return replace(recipe, step=result.step, quality=reached), towers

    def _plan(self, pairs: int, until: int | None) -> Plan:
        steps = self.steps or min(600, 100 + pairs // 20)
        return Plan(
            steps,
            self.batch or (512 if pairs <= MANY_PAIRS else 1024),
            self.learning_rate,
            self.weight_decay,
            self.patience,
            check_every=max(1, steps // 20),
            until=until,
        )


def _chance(pairs: Pairs) -> float:
    """Return the mean reciprocal rank of a random order."""
    return float(np.mean(1 / np.arange(1, len(pairs) + 1)))

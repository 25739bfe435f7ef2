"""Recommenders by factors that are trained in torch: what all of them may be told, and how well they then ranked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mmalign_core.params import param
from mmalign_core.recommend.learning.factors import Factors
from mmalign_core.recommend.learning.ndcg import K
from mmalign_core.recommend.learning.pairwise import Matrix
from mmalign_core.recommend.learning.pairwise_training import Plan, train
from mmalign_core.types import Progress

if TYPE_CHECKING:
    import torch

    from mmalign_core.recommend.learning.held_out_events import Places


class TrainedFactors(Factors):
    """Trained on nine tenths of the events; the last tenth says when to stop."""

    learning_rate: float = param(0.02, 1e-6, 1.0, help="size of a step")
    decay: float = param(1e-4, 0.0, 1.0, help="how strongly large factors are held back")
    passes: int = param(200, 1, 5000, help="most passes over the events; ends sooner when held-out events say so")

    def _train(
        self,
        weights: Iterable[torch.Tensor],
        places: Callable[[Matrix], Places],
        matrix: Matrix,
        seed: int,
        progress: Progress,
    ) -> None:
        """See `pairwise_training.train`."""
        plan = Plan(self.passes, self.learning_rate, self.decay)
        reached = train(weights, places, matrix, plan, seed=seed, progress=progress)
        self.settled = {} if reached is None else {f"NDCG@{K} on held-out events": reached}

"""Training of recommenders in torch: pairs of a met and an unmet item, and held-out events that say when to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from mmalign_core.recommend.learning.held_out_events import held_out_ndcg, hold_out, root_counts
from mmalign_core.recommend.learning.ndcg import K
from mmalign_core.recommend.learning.pairwise import Matrix, Triples
from mmalign_core.types import BadInput, Progress

if TYPE_CHECKING:
    import torch

    from mmalign_core.recommend.learning.held_out_events import Places


@dataclass(frozen=True)
class Plan:
    """`passes` over as many pairs as there are events, `batch` at a time; `patience`: checks without a better
    held-out NDCG@10 after which the training ends; `decay`: weight of the squared length of what a pair touches."""

    passes: int
    learning_rate: float
    decay: float
    batch: int = 8192
    patience: int = 8
    check_every: int = 2


def train(
    weights: Iterable[torch.Tensor],
    places: Callable[[Matrix], Places],
    matrix: Matrix,
    plan: Plan,
    *,
    seed: int,
    progress: Progress,
) -> float | None:
    """Minimise -log σ(score(met) - score(unmet)) in place; the weights end as those that ranked held-out events best.

    A user is Σ given / sqrt(count) over what he met, without the met item of the pair itself, or an item would learn
    to recommend itself. `places` is given the events trained on, (users, items). Gives back the held-out NDCG@10, or
    None where nobody has enough events to hold any out: then all passes run. BadInput if the weights grow without end.
    """
    import torch

    weights = list(weights)
    kept, held = hold_out(matrix, seed)
    spread, scale = spreader(kept), torch.from_numpy(root_counts(kept))
    optimiser = torch.optim.Adam(weights, lr=plan.learning_rate)
    triples, best, since = Triples(kept, seed=seed), _Best(weights), 0
    for number in range(1, plan.passes + 1):
        for batch in triples.batches(plan.batch):
            if len(batch[0]):
                optimiser.zero_grad(set_to_none=True)
                _loss(places(kept), spread, scale, batch, plan.decay).backward()
                optimiser.step()
        said = f"pass {number} of {plan.passes}"
        if held.nnz and number % plan.check_every == 0:
            with torch.no_grad():
                value = held_out_ndcg(places(kept), kept, held)
            since = 0 if best.offer(value) else since + 1
            said += f", NDCG@{K} {value:.3f} on {held.nnz} held-out events"
        if not all(bool(weight.isfinite().all()) for weight in weights):
            raise BadInput(f"learning_rate: steps of {plan.learning_rate:g} never settle here; choose a smaller one")
        progress(number / plan.passes, said)
        if since >= plan.patience:
            break
    best.restore()
    return best.value


def _loss(
    places: Places, spread: Callable, scale: torch.Tensor, batch: tuple[np.ndarray, ...], decay: float
) -> torch.Tensor:
    import torch

    given, own, bias = places
    users, met, unmet = (torch.from_numpy(column) for column in batch)
    known = (spread(given)[users] - given[met]) * scale[users, None]
    lead = (known * (own[met] - own[unmet])).sum(dim=1) + bias[met] - bias[unmet]
    touched = known.square() + own[met].square() + own[unmet].square()
    return -torch.nn.functional.logsigmoid(lead).mean() + decay * touched.sum(dim=1).mean()


def spreader(matrix: Matrix) -> Callable[[torch.Tensor], torch.Tensor]:
    """x -> matrix @ x with its gradient; the matrix itself is never learned."""
    import torch

    forth, back = sparse.csr_array(matrix, dtype=np.float32), sparse.csr_array(matrix.T, dtype=np.float32)

    class Spread(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, x: torch.Tensor) -> torch.Tensor:
            return torch.from_numpy(forth @ x.detach().numpy())

        @staticmethod
        def backward(ctx: object, *gradients: torch.Tensor) -> torch.Tensor:
            return torch.from_numpy(back @ gradients[0].numpy())

    return Spread.apply


class _Best:
    """The weights that ranked held-out events best; the last ones where nothing is held out."""

    def __init__(self, weights: list[torch.Tensor]) -> None:
        self._weights, self.value = weights, None
        self._kept: list[torch.Tensor] = []

    def offer(self, value: float) -> bool:
        """Whether this is the best yet; then its weights are kept."""
        better = self.value is None or value > self.value
        if better:
            self.value, self._kept = value, [weight.detach().clone() for weight in self._weights]
        return better

    def restore(self) -> None:
        for weight, kept in zip(self._weights, self._kept):
            weight.data.copy_(kept)

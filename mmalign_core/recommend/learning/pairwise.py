"""Pairwise learning to rank: triples of a user, a met and an unmet item, and training of factors on them in torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from mmalign_core.recommend.learning.held_out import K, Matrix, held_out_ndcg, hold_out, root_counts
from mmalign_core.types import BadInput, Progress
from mmalign_core.wording import say

if TYPE_CHECKING:
    import torch

    from mmalign_core.recommend.learning.held_out import Places


class Triples:
    """Draws (user, met item, unmet item) from a matrix (users, items) of interactions.

    `negatives`: "uniform" draws the unmet item among all items with events, "popular" in proportion to its users. Draws
    of an item that the user has met are dropped, so a user who has met all items yields no triples.
    """

    def __init__(self, matrix: Matrix, negatives: str = "uniform", seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._users = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        self._items = matrix.indices.astype(np.int64)
        self._width = matrix.shape[1]
        self._keys = np.sort(self._users * self._width + self._items)
        self._pool = self._items if negatives == "popular" else np.unique(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def batches(self, size: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield as many draws with replacement as there are events, in batches of `size`: three arrays of numbers."""
        for start in range(0, len(self), size):
            users, met, unmet = self._draw(min(size, len(self) - start))
            yield users, met, unmet

    def _draw(self, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        events = self._rng.integers(len(self._items), size=size)
        users, unmet = self._users[events], self._pool[self._rng.integers(len(self._pool), size=size)]
        keys = users * self._width + unmet
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        kept = self._keys[at] != keys
        return users[kept], self._items[events[kept]], unmet[kept]


@dataclass(frozen=True)
class Plan:
    """`passes` over as many triples as there are events, in batches of `batch`. `patience`: checks without a better
    held-out NDCG@10 after which training ends. `decay`: weight of the squared length of the factors of a triple."""

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
    """Minimise -log σ(score(met) - score(unmet)) in place and keep the weights that ranked held-out events best.

    A user's factors are Σ given / sqrt(count) over the items met, without the met item of the triple, or items would
    learn to recommend themselves. `places`: function of the training matrix (users, items). Returns the held-out
    NDCG@10, or None if there are too few events to hold any out; all passes then run. BadInput if the weights diverge.
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
        message = f"pass {number} of {plan.passes}"
        if held.nnz and number % plan.check_every == 0:
            with torch.no_grad():
                value = held_out_ndcg(places(kept), kept, held)
            since = 0 if best.offer(value) else since + 1
            message += say(", NDCG@{k} {value:.3f} on {nnz} held-out events", k=K, value=value, nnz=held.nnz)
        if not all(bool(weight.isfinite().all()) for weight in weights):
            raise BadInput(
                say(
                    "learning_rate: the training diverges at {learning_rate:g}; choose a smaller one",
                    learning_rate=plan.learning_rate,
                )
            )
        progress(number / plan.passes, message)
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
    """Return x -> matrix @ x with its gradient. The matrix itself is constant."""
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
    """The weights that ranked held-out events best, or the last ones if nothing is held out."""

    def __init__(self, weights: list[torch.Tensor]) -> None:
        self._weights, self.value = weights, None
        self._kept: list[torch.Tensor] = []

    def offer(self, value: float) -> bool:
        """Whether this is the best value so far. If so, its weights are kept."""
        better = self.value is None or value > self.value
        if better:
            self.value, self._kept = value, [weight.detach().clone() for weight in self._weights]
        return better

    def restore(self) -> None:
        for weight, kept in zip(self._weights, self._kept):
            weight.data.copy_(kept)

"""The training loop: AdamW, warm-up and cosine decay, and early stopping that restores the best weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.types import Progress, no_progress

if TYPE_CHECKING:
    import torch

    Loss = Callable[[np.ndarray, torch.Generator], torch.Tensor]
    """Return the loss of these examples (numbers in 0..n-1). Random numbers come from the generator."""

Validate = Callable[[], "float | None"]
"""Returns a number to maximise, measured on data outside the training, or None if nothing is held out."""


@dataclass(frozen=True)
class Plan:
    """Length and learning rates of a training.

    `patience`: checks without a better validation after which the training ends (0: never). `check_every`: steps
    between checks. `warmup`: share of the steps in which the learning rate rises from 0 before it falls as a cosine.
    `weight_decay` applies to matrices only, not to biases or scales. `clip`: greatest norm of a gradient. `until`:
    end after this many steps, at the learning rates of all `steps` (to repeat a training that stopped early on more
    examples).
    """

    steps: int = 600
    batch: int = 1024
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    patience: int = 10
    check_every: int = 20
    warmup: float = 0.05
    clip: float = 1.0
    until: int | None = None


@dataclass(frozen=True)
class Trained:
    """The `step` of the kept weights, its `validation` (None without held-out data), and the number of `steps` run."""

    step: int
    validation: float | None
    steps: int


def train(
    parameters: Iterable[torch.Tensor],
    loss_of: Loss,
    examples: int,
    plan: Plan,
    *,
    validate: Validate = lambda: None,
    seed: int = 0,
    progress: Progress = no_progress,
    record: Callable[..., None] = lambda **values: None,
    metric: str = "MRR",
) -> Trained:
    """Minimise the mean loss over `examples` examples, in place, and keep the weights with the best validation.

    The weights before the first step are validated too, so a good start never gets worse. `record` gets a row of step,
    loss and (if measured) validation. `progress` gets a sentence at every step, so that a cancelled training ends soon.
    Errors of either end the training. The same seed and inputs give the same weights. Loshchilov & Hutter 2019,
    Decoupled Weight Decay Regularization.
    """
    import torch

    weights = list(parameters)
    optimiser = torch.optim.AdamW(_decayed(weights, plan.weight_decay), lr=plan.learning_rate)
    generator = torch.Generator().manual_seed(seed)
    best = _Best(weights, validate())
    batches, step, validated = _batches(examples, plan.batch, seed), 0, ""
    last = plan.steps if plan.until is None else min(plan.until, plan.steps)
    for step in range(1, last + 1):
        _set_rate(optimiser, plan, step)
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(next(batches), generator)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, plan.clip)
        optimiser.step()
        latest = loss.item()
        if step % plan.check_every and step != last:
            progress(step / last, f"step {step} of {last}, loss {latest:.3f}{validated}")
            continue
        value = validate()
        best.offer(step, value)
        record(step=step, loss=latest, **({} if value is None else {"validation": value}))
        validated = "" if value is None else f", validation {metric} {value:.3f}"
        progress(step / last, f"step {step} of {last}, loss {latest:.3f}{validated}")
        if plan.patience and value is not None and best.checks_since >= plan.patience:
            break
    best.restore()
    return Trained(best.step, best.value, step)


class _Best:
    """The weights with the best validation, or the last ones without validation."""

    def __init__(self, weights: list[torch.Tensor], value: float | None) -> None:
        self._weights, self.step, self.value, self.checks_since = weights, 0, value, 0
        self._kept = self._copy()

    def offer(self, step: int, value: float | None) -> None:
        """Keep the current weights if they are better than the kept ones."""
        self.checks_since += 1
        if value is None or self.value is None or value > self.value:
            self.step, self.value, self.checks_since = step, value, 0
            self._kept = self._copy()

    def restore(self) -> None:
        for weight, kept in zip(self._weights, self._kept):
            weight.data.copy_(kept)

    def _copy(self) -> list[torch.Tensor]:
        return [weight.detach().clone() for weight in self._weights]


def _decayed(weights: list[torch.Tensor], decay: float) -> list[dict]:
    matrices, others = [w for w in weights if w.ndim > 1], [w for w in weights if w.ndim < 2]
    groups = [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def _set_rate(optimiser: torch.optim.Optimizer, plan: Plan, step: int) -> None:
    rise = max(1, round(plan.warmup * plan.steps))
    fallen = max(0, step - rise) / max(1, plan.steps - rise + 1)
    for group in optimiser.param_groups:
        group["lr"] = plan.learning_rate * min(1.0, step / rise) * 0.5 * (1 + math.cos(math.pi * fallen))


def _batches(examples: int, size: int, seed: int) -> Iterator[np.ndarray]:
    """Yield full batches without end, each example about equally often; all examples if they fit one batch."""
    rng, size = np.random.default_rng(seed), min(size, examples)
    waiting = np.zeros(0, int)
    while True:
        while len(waiting) < size:
            waiting = np.concatenate([waiting, rng.permutation(examples)])
        yield np.sort(waiting[:size])
        waiting = waiting[size:]

"""InfoNCE on Fashion-MNIST halves as a plain torch loop trains it: the known numbers, apart from our own training.

python benchmarks/fashion_plain_loop.py [pairs] [number of seeds]

The reference names 600 steps and batches of 1,024, no temperature. With AdamW at a constant 1e-3, raw pixels and, for
the MLP, gradients clipped to norm 1 (without it some seeds collapse), the temperatures below came nearest of .05 to
.15, over which R@1 moves by up to six points. So these rows show that the known numbers come out of a plain loop, not
that they are all it can do. `fashion_trained.py` shows what the product's aligners reach on the same pairs, and the
known number of the MLP after 10,000 pairs. R@1 left to right in percent among 1,000 and 10,000 test pictures: mean
and deviation.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.fashion import candidates, pairs, recall_at_1

STEPS, BATCH, RATE, DECAY, DIMS, HIDDEN = 600, 1024, 1e-3, 0.01, 128, 512
ROWS = (
    ("linear", 0.1, 1_000, (51.6, 32.0)),
    ("linear", 0.1, 10_000, (73.9, 50.3)),
    ("MLP", 0.12, 1_000, (55.8, 35.3)),
)
"""Head, temperature, pairs, reference R@1 at 1,000 and at 10,000."""


def head(kind: str, width: int) -> nn.Module:
    """A map from `width` to DIMS."""
    if kind == "linear":
        return nn.Linear(width, DIMS)
    return nn.Sequential(nn.Linear(width, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, DIMS))


def trained(kind: str, temperature: float, views: list[torch.Tensor], seed: int) -> list[nn.Module]:
    """One head a view after STEPS of symmetric InfoNCE."""
    torch.manual_seed(seed)
    many, heads = len(views[0]), [head(kind, view.shape[1]) for view in views]
    weights = [weight for each in heads for weight in each.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=RATE, weight_decay=DECAY)
    for _ in range(STEPS):
        rows = torch.randperm(many)[:BATCH]
        left, right = (normalize(each(view[rows]), dim=1) for each, view in zip(heads, views))
        logits, own = left @ right.T / temperature, torch.arange(len(rows))
        loss = (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2
        optimiser.zero_grad()
        loss.backward()
        if kind == "MLP":
            nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
    return heads


@torch.no_grad()
def measured(kind: str, temperature: float, n: int, seed: int) -> tuple[float, float]:
    """R@1 among 1,000 and among 10,000."""
    given, asked = ([torch.tensor(np.asarray(s.vectors)) for s in sets.values()] for sets in (pairs(n), candidates()))
    with torch.enable_grad():
        heads = trained(kind, temperature, given, seed)
    left, right = (normalize(each(view), dim=1).numpy() for each, view in zip(heads, asked))
    return recall_at_1(left[:1000], right[:1000]), recall_at_1(left, right)


def main(only: int | None = None, seeds: int = 3) -> None:
    """A row a head, number of pairs and number of candidates."""
    print(f"{'':8}{'pairs':>7}{'G':>7}{f'{seeds} seeds':>14}{'reference':>11}")
    for kind, temperature, n, reference in ROWS:
        if only and n != only:
            continue
        found = np.array([measured(kind, temperature, n, seed) for seed in range(seeds)])
        spread = found.std(axis=0, ddof=1) if seeds > 1 else np.zeros(2)
        for column, (g, known) in enumerate(zip((1_000, 10_000), reference)):
            ours = f"{found[:, column].mean():8.1f} ±{spread[column]:4.1f}"
            print(f"{kind:8}{n:7}{g:7}{ours}{known:11.1f}", flush=True)


if __name__ == "__main__":
    given = [int(value) for value in sys.argv[1:]]
    main(given[0] if given else None, given[1] if len(given) > 1 else 3)

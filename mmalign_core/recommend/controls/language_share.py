"""A language model's opinion as one more share of a score."""

from __future__ import annotations

import re

import numpy as np

LANGUAGE = "language model"
"""Label of what it adds to a score."""
WEIGHT = 0.1
"""Share of the candidates' spread that it may move: between what validation users of two collections chose."""
MEASURED = (
    "SmolLM2's re-ranking was not found to help. Measured on 150 users of MovieTweetings, a split by time, after EASE: "
    "NDCG@10 0.0735 → 0.0717 (change -0.0019, 95% -0.0058 to +0.0001); on 70 users of MovieLens-100k, a random split: "
    "0.4510 → 0.4503 (-0.0008, 95% -0.0101 to +0.0087). Its order alone is much worse: 0.0200 and 0.2270."
)
"""What to show beside the choice: benchmarks/language_rerank.py [DATA] --split time --validation 60 --users 150, and
--split random --validation 30 --users 70, both with --param precision=bfloat16. The weights that validation users chose
were 0.05 and 0.2, neither clearly better than none."""


def language_part(scores: np.ndarray, evidence: np.ndarray, weight: float = WEIGHT) -> np.ndarray:
    """(n,) what the model adds: weight · deviation of the scores · standardised evidence; sums to 0 over the items.

    `scores` (n,): the recommender's, `evidence` (n,): the model's, on a scale of its own.
    """
    spread = float(np.std(evidence))
    if spread < 1e-9 or not np.isfinite(spread):
        return np.zeros(len(scores))
    return weight * float(np.std(scores)) * (evidence - np.mean(evidence)) / spread


def order_evidence(said: str, items: int) -> np.ndarray | str:
    """(items,) evidence falling evenly along an order such as "3, 1, 2", or what is wrong with it, in a few words.

    Numbers from 1; items it leaves out follow in the order they had.
    """
    if not re.fullmatch(r"[\d\s,;.>\[\]-]{1,2000}", said, re.ASCII):
        return "the answer is no list of numbers"
    named = [int(number) for number in re.findall(r"\d{1,9}", said)]
    if not named or len(set(named)) != len(named) or not all(1 <= n <= items for n in named):
        return f"the answer names items twice or beyond the {items} it was given"
    order = [n - 1 for n in named] + [n for n in range(items) if n + 1 not in set(named)]
    evidence = np.empty(items)
    evidence[order] = -np.arange(items, dtype=np.float64)
    return evidence

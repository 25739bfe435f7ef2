"""A language model's opinion as one more share of a score."""

from __future__ import annotations

import re

import numpy as np

LANGUAGE = "language model"
"""Label of what it adds to a score."""
WEIGHT = 0.1
"""Share of the candidates' spread that it may move, chosen on validation users by benchmarks/language_rerank.py."""


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

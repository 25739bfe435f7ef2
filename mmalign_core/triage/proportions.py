"""Intervals of shares."""

from __future__ import annotations

LEVEL = 0.95
"""The usual level of an interval."""


def share_interval(k: int, n: int) -> tuple[float, float]:
    """Return the 95% interval of k / n by Wilson (1927): (0, 1) where n is 0. It counts queries as independent."""
    from scipy.stats import binomtest

    if not n:
        return 0.0, 1.0
    found = binomtest(k, n).proportion_ci(LEVEL, method="wilson")
    return float(found.low), float(found.high)

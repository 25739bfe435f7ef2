"""Slices of the queries: which are listed, by the name of a slice in the address."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from mmalign_core.workflow import ErrorReport, Run


def show(run: Run, run_key: str, report: ErrorReport) -> AbstractSet[str] | None:
    """Return the items of the chosen slice; None where none is chosen."""
    return None

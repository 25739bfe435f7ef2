"""Memory of fits: estimated before it is asked for, and a line in place of the error where it runs out all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, EmbeddingSet

_SQUARES = 4
"""Copies of a square matrix that its decomposition holds at once: itself, its factors and their work space."""
_WEIGHTS = 6
"""Copies of a weight while it is trained: itself, its gradient, Adam's two moments, and the best so far, with one more
while that is copied."""
_NUMBER, _SINGLE = 8, 4
"""Bytes of a double and of a single-precision number."""
_NARROW = 4096
"""Widths up to which the span of few rows is not taken: `mmalign_core.aligners.linear.spectral` says why."""
_SIGNS = ("out of memory", "can't allocate memory", "not enough memory")
"""What torch's errors say where memory ran out."""


def needed_bytes(aligner: Any, sets: Mapping[str, EmbeddingSet]) -> int:
    """About how many bytes a fit asks for beside the rows, which are read in blocks where they are many.

    Aligners that decompose take the smaller of the d x d and the n x n form; trained ones hold their weights, as wide
    as the vectors, several times; those that learn in the span of few rows hold them so wide only at the end.
    """
    sizes = {m: (len(s), s.vectors.shape[1]) for m, s in sets.items()}
    squares = sum(min(rows, width) ** 2 for rows, width in sizes.values())
    decomposed = 0 if aligner.family() == "matching" else _SQUARES * _NUMBER * squares
    hidden, dims = (int(getattr(aligner, name, 0) or 0) for name in ("hidden", "dims"))
    as_is = getattr(aligner, "start", "") == "as-is"
    outs = (hidden + (width if as_is else dims) for _, width in sizes.values())
    learned, lifted = 0, 0
    for (rows, width), out in zip(sizes.values(), outs) if aligner.trained else ():
        own = min(width, max(rows, _NARROW)) if aligner.spans_rows else width
        learned += own * out
        lifted += width * (rows + 2 * out) if own < width else 0
    return decomposed + _WEIGHTS * aligner.towers_a_modality * _SINGLE * learned + _SINGLE * lifted


def check_memory(aligner: Any, sets: Mapping[str, EmbeddingSet]) -> None:
    """Raise BadInput if a fit would ask for more memory than the settings allow."""
    limit = Settings().memory_limit * 10**6
    needed = needed_bytes(aligner, sets)
    if needed > limit:
        raise BadInput(_words(aligner, sets, f"needs about {needed / 1e9:,.0f} GB, more than {limit / 1e9:,.0f} GB"))


@contextmanager
def told(aligner: Any, sets: Mapping[str, EmbeddingSet]) -> Iterator[None]:
    """Raise BadInput where memory runs out in the block."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(sign in str(error).lower() for sign in _SIGNS):
            raise
        raise BadInput(_words(aligner, sets, "needs more memory than is free")) from error


def _words(aligner: Any, sets: Mapping[str, EmbeddingSet], what: str) -> str:
    given = ", ".join(f"{m} {len(s):,} x {s.vectors.shape[1]:,}" for m, s in sets.items())
    return (
        f"{aligner.name} {what}, for these vectors ({given}); make them narrower, choose as-is, "
        "or raise MMALIGN_MEMORY_LIMIT"
    )

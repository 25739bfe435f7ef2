"""How many items a GPU's memory holds at a time: two small batches are run, and what they took is carried on."""

from __future__ import annotations

from collections.abc import Callable

MOST = 512
"""Items at a time at most: beyond it no model here gets faster, and every batch waits longer for its files."""
FEW = 8
"""Items of the larger of the two trial batches."""
SHARE = 0.7
"""Of the free memory: the rest is for what does not grow in a straight line, and for other programs."""


def largest_batch(free: int, one: int, few: int, count: int = FEW, most: int = MOST) -> int:
    """The largest power of two of items that fits `SHARE` of `free` bytes; at least 1, at most `most`.

    `one` and `few` are the bytes that a batch of one and of `count` items took; between and beyond them memory is
    taken to grow in a straight line, from a part that does not depend on the batch.
    """
    each = max((few - one) / (count - 1), 1.0)
    fixed = max(one - each, 0.0)
    fits = min(most, int(max(0.0, SHARE * free - fixed) // each))
    return 1 << (max(1, fits).bit_length() - 1)


def measured_batch(device: str, run: Callable[[int], object], most: int = MOST) -> int:
    """`largest_batch` of what `run(n)`, the model on n items, takes on that CUDA device beside all that it holds."""
    one, few = _taken(device, run, 1), _taken(device, run, FEW)
    return largest_batch(_free(device), one, few, FEW, most)


def _taken(device: str, run: Callable[[int], object], count: int) -> int:
    """Bytes at the peak, above what is held before; run once before, since first calls keep workspaces."""
    import torch

    run(count)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    run(count)
    return torch.cuda.max_memory_allocated(device) - before


def _free(device: str) -> int:
    """Bytes that nobody holds, and those that torch keeps for reuse."""
    import torch

    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + kept

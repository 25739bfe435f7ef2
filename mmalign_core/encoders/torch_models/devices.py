"""Where a torch model runs, at which precision, and how many items at a time its memory holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import numpy as np

from mmalign_core.types import BadInput

DEVICES = ("auto", "cpu", "cuda", "mps")
SAME = 0.999
"""The least cosine to fp32 at which a smaller dtype is taken."""

_LOST = ("cuda error", "cuda driver error", "hip error", "device-side assert", "gpu is lost")
"""What torch says when a GPU, or this process's hold on it, is gone; everything after fails alike."""

T = TypeVar("T")
R = TypeVar("R")


class DeviceLost(BadInput):
    """The GPU failed in the middle: no further item can be run in this process."""


def choose_device(wanted: str = "auto") -> str:
    """'cuda' (or 'cuda:N'), 'mps' or 'cpu'; `auto` is the first of them that is there.

    BadInput if the one asked for is not there: a run never goes on somewhere else in silence.
    """
    import torch

    kind, _, number = wanted.partition(":")
    if kind not in DEVICES or (number and not (kind == "cuda" and number.isdecimal())):
        raise BadInput(f"device '{wanted}' is none of {', '.join(DEVICES)} or cuda:N; set MMALIGN_DEVICE to one")
    cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    mps = torch.backends.mps.is_available()
    if kind == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    if kind == "cuda" and int(number or 0) >= cuda:
        raise BadInput(f"device '{wanted}' is not here: {_cuda_words(torch, cuda)}; set MMALIGN_DEVICE to auto or cpu")
    if kind == "mps" and not mps:
        raise BadInput("device 'mps' is not here: it needs an Apple GPU; set MMALIGN_DEVICE to auto or cpu")
    return wanted


def _cuda_words(torch: Any, count: int) -> str:
    if count:
        return f"torch sees {count} GPU{'s' * (count > 1)}, numbered from 0"
    if torch.version.cuda is None and torch.version.hip is None:
        return f"torch {torch.__version__} is built without GPU support"
    return "torch sees no GPU"


def choose_dtype(device: str, vectors: Callable[[str], np.ndarray]) -> str:
    """'bfloat16' or 'float16' where that keeps every cosine to 'float32' at `SAME` or above, else 'float32'.

    `vectors(dtype)` encodes the same few items (n, d) at that dtype. On the processor nothing is tried: there the
    smaller types are slower on most machines.
    """
    if not device.startswith("cuda"):
        return "float32"
    import torch

    exact = vectors("float32")
    wanted = ("bfloat16", "float16") if torch.cuda.is_bf16_supported(including_emulation=False) else ("float16",)
    return next((dtype for dtype in wanted if least_cosine(exact, vectors(dtype)) >= SAME), "float32")


def least_cosine(a: np.ndarray, b: np.ndarray) -> float:
    """The smallest cosine of rows (n, d) with their like; -1 where one is not finite or has no length."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    if not (np.isfinite(lengths).all() and lengths.all()):
        return -1.0
    return float(((a * b).sum(1) / lengths).min(initial=1.0))


def at_dtype(device: str, dtype: str) -> AbstractContextManager[Any]:
    """A `with` block in which a model with float32 weights computes at that dtype where it is safe to (autocast)."""
    if dtype == "float32":
        return nullcontext()
    import torch

    return torch.autocast(device.partition(":")[0], getattr(torch, dtype))


def stacked_on(device: str, arrays: Sequence[np.ndarray]) -> Any:
    """One tensor (n, ...) of equal arrays on the device; to a GPU from pinned memory, while the processor goes on."""
    import torch

    if not device.startswith("cuda"):
        return torch.from_numpy(np.stack(arrays)).to(device)
    first = torch.from_numpy(arrays[0])
    pinned = torch.empty((len(arrays), *first.shape), dtype=first.dtype, pin_memory=True)
    np.stack(arrays, out=pinned.numpy())
    return pinned.to(device, non_blocking=True)


def in_batches(
    function: Callable[[Sequence[T]], R],
    items: Sequence[T],
    size: int,
    halved: Callable[[int], None] | None = None,
) -> list[R]:
    """`function` of consecutive batches of at most `size` items, in order; what it gives for each batch.

    When memory runs out the batch is halved, and so are those that follow; `halved` is told the new size. BadInput if
    one item alone is too much, DeviceLost if the GPU is gone; whatever else the function raises is passed on.
    """
    results, start, size = [], 0, max(1, size)
    while start < len(items):
        batch = items[start : start + size]
        done, result = _tried(function, batch)
        if done:
            results.append(result)
            start += len(batch)
        elif len(batch) == 1:
            raise BadInput("memory ran out on one item alone; close other programs, or choose a smaller model")
        else:
            size = (len(batch) + 1) // 2
            if halved:
                halved(size)
    return results


def _tried(function: Callable[[Sequence[T]], R], batch: Sequence[T]) -> tuple[bool, Any]:
    """(True, its result), or (False, None) if memory ran out; by then all it held is let go of."""
    try:
        return True, function(batch)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise_if_lost(error)
            raise
    _release_memory()
    return False, None


def out_of_memory(error: BaseException) -> bool:
    """Whether it says that the device or the machine has no memory left."""
    words = str(error).lower()
    signs = ("out of memory", "can't allocate memory", "status_alloc_failed")
    return isinstance(error, MemoryError) or any(sign in words for sign in signs)


def raise_if_lost(error: BaseException) -> None:
    """DeviceLost in one line if that is what the error says, or is; nothing otherwise."""
    if isinstance(error, DeviceLost):
        raise error
    words = " ".join(str(error).split())
    gone = type(error).__name__ == "AcceleratorError" or any(sign in words.lower() for sign in _LOST)
    if isinstance(error, RuntimeError) and gone and not out_of_memory(error):
        raise DeviceLost(
            f"the GPU stopped working ({words[:120].rstrip('. ')}); what was encoded is kept: start MMAlign again and "
            "repeat this to go on, or set MMALIGN_DEVICE to cpu"
        ) from error


def _release_memory() -> None:
    """Give back what torch keeps for reuse: blocks of other sizes may be the room that lacks."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


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
    return largest_batch(_free_bytes(device), one, few, FEW, most)


def _taken(device: str, run: Callable[[int], object], count: int) -> int:
    """Bytes at the peak, above what is held before; run once before, since first calls keep workspaces."""
    import torch

    run(count)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    run(count)
    return torch.cuda.max_memory_allocated(device) - before


def _free_bytes(device: str) -> int:
    """Bytes that nobody holds, and those that torch keeps for reuse."""
    import torch

    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + kept

"""Device, precision and batch size of a torch model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import numpy as np

from mmalign_core.types import BadInput

DEVICES = ("auto", "cpu", "cuda", "mps")
SAME = 0.999
"""Lowest cosine to float32 vectors at which a smaller dtype is used."""

_LOST = ("cuda error", "cuda driver error", "hip error", "device-side assert", "gpu is lost")
"""Messages of torch about a lost GPU or CUDA context, after which all further calls fail."""

T = TypeVar("T")
R = TypeVar("R")


class EncoderLost(BadInput):
    """Raised when an encoder is lost during a run, so that all further items would fail too."""


class DeviceLost(EncoderLost):
    """Raised when the GPU is lost during a run. No further item can be run in this process."""


def choose_device(name: str = "auto") -> str:
    """Return 'cuda' (or 'cuda:N'), 'mps' or 'cpu'. `auto` selects the first available one.

    Raises BadInput if the named device is not available, rather than using another.
    """
    import torch

    kind, _, number = name.partition(":")
    if kind not in DEVICES or (number and not (kind == "cuda" and number.isdecimal())):
        raise BadInput(f"device '{name}' is none of {', '.join(DEVICES)} or cuda:N; set MMALIGN_DEVICE to one")
    cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    mps = torch.backends.mps.is_available()
    if kind == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    if kind == "cuda" and int(number or 0) >= cuda:
        raise BadInput(f"device '{name}' is not here: {_cuda_words(torch, cuda)}; set MMALIGN_DEVICE to auto or cpu")
    if kind == "mps" and not mps:
        raise BadInput("device 'mps' is not here: it needs an Apple GPU; set MMALIGN_DEVICE to auto or cpu")
    return name


def _cuda_words(torch: Any, count: int) -> str:
    if count:
        return f"torch sees {count} GPU{'s' * (count > 1)}, numbered from 0"
    if torch.version.cuda is None and torch.version.hip is None:
        return f"torch {torch.__version__} is built without GPU support"
    return "torch sees no GPU"


def choose_dtype(device: str, vectors: Callable[[str], np.ndarray]) -> str:
    """Return 'bfloat16' or 'float16' if all cosines to 'float32' vectors are at least `SAME`, else 'float32'.

    `vectors(dtype)` encodes the same few items (n, d) in that dtype. On a CPU the result is 'float32', since smaller
    types are slower on most machines.
    """
    if not device.startswith("cuda"):
        return "float32"
    import torch

    exact = vectors("float32")
    dtypes = ("bfloat16", "float16") if torch.cuda.is_bf16_supported(including_emulation=False) else ("float16",)
    return next((dtype for dtype in dtypes if least_cosine(exact, vectors(dtype)) >= SAME), "float32")


def least_cosine(a: np.ndarray, b: np.ndarray) -> float:
    """The lowest cosine between rows of a and b (n, d); -1 if a row is not finite or zero."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    if not (np.isfinite(lengths).all() and lengths.all()):
        return -1.0
    return float(((a * b).sum(1) / lengths).min(initial=1.0))


def at_dtype(device: str, dtype: str) -> AbstractContextManager[Any]:
    """A context in which a model with float32 weights computes in `dtype`, by torch's autocast."""
    if dtype == "float32":
        return nullcontext()
    import torch

    return torch.autocast(device.partition(":")[0], getattr(torch, dtype))


def stacked_on(device: str, arrays: Sequence[np.ndarray]) -> Any:
    """Stack arrays of equal shape to a tensor (n, ...) on the device. Copies to a GPU are asynchronous."""
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
    """Call `function` on consecutive batches of at most `size` items. Return the results in order.

    If memory runs out, this batch and later ones are halved and `halved` is called with the new size. Raises BadInput
    if a single item is too large, and DeviceLost if the GPU is lost; other errors of the function pass.
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
    """(True, the function's result), or (False, None) if memory ran out, after its memory is released."""
    try:
        return True, function(batch)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise_if_lost(error)
            raise
    _release_memory()
    return False, None


def out_of_memory(error: BaseException) -> bool:
    """Whether the error means that the device or the machine has no memory left."""
    words = str(error).lower()
    signs = ("out of memory", "can't allocate memory", "status_alloc_failed")
    return isinstance(error, MemoryError) or any(sign in words for sign in signs)


def raise_if_lost(error: BaseException) -> None:
    """Raise the error if the encoder is lost, and DeviceLost if its message means a lost GPU."""
    if isinstance(error, EncoderLost):
        raise error
    words = " ".join(str(error).split())
    gone = type(error).__name__ == "AcceleratorError" or any(sign in words.lower() for sign in _LOST)
    if isinstance(error, RuntimeError) and gone and not out_of_memory(error):
        raise DeviceLost(
            f"the GPU stopped working ({words[:120].rstrip('. ')}); what was encoded is kept: start MMAlign again and "
            "repeat this to go on, or set MMALIGN_DEVICE to cpu"
        ) from error


def _release_memory() -> None:
    """Release the blocks that torch caches, since their sizes may not fit the next request."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


MOST = 512
"""Most items per batch. Chosen: no model here is faster with more, and each batch would wait longer for its files."""
FEW = 8
"""Items of the larger of two trial batches. Chosen: enough to measure the memory per item."""
SHARE = 0.7
"""Share of the free memory that a batch may use. Chosen: the rest is for non-linear growth and other programs."""


def largest_batch(free: int, one: int, few: int, count: int = FEW, most: int = MOST) -> int:
    """Return the largest power of two of items that fits into `SHARE` of `free` bytes, from 1 to `most`.

    `one` and `few`: the bytes of batches of 1 and of `count` items. Memory is assumed to grow linearly with the batch
    from a constant part.
    """
    each = max((few - one) / (count - 1), 1.0)
    fixed = max(one - each, 0.0)
    fits = min(most, int(max(0.0, SHARE * free - fixed) // each))
    return 1 << (max(1, fits).bit_length() - 1)


def measured_batch(device: str, run: Callable[[int], object], most: int = MOST) -> int:
    """The `largest_batch` for `run(n)`, the model on n items, from measurements on a CUDA device."""
    one, few = _taken(device, run, 1), _taken(device, run, FEW)
    return largest_batch(_free_bytes(device), one, few, FEW, most)


def _taken(device: str, run: Callable[[int], object], count: int) -> int:
    """Peak bytes of a run above those allocated before it. A warm-up run comes first, as it allocates workspaces."""
    import torch

    run(count)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    run(count)
    return torch.cuda.max_memory_allocated(device) - before


def _free_bytes(device: str) -> int:
    """Free bytes of the device, with those that torch caches."""
    import torch

    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + kept

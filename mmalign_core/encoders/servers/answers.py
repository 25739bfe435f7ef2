"""The answers of embedding servers, which may be anything: vectors, refusals, or what breaks off."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mmalign_core.encoders.torch_models.devices import EncoderLost
from mmalign_core.types import BadInput

SERVER = "the embedding server"
_WIDEST = 65_536
"""Most dimensions of a vector; our choice, above every published model."""
_REFUSED = (400, 413, 422)
"""Statuses that mean this request alone: too long a text, a medium that cannot be read, an unknown option."""


class ServerLost(EncoderLost):
    """Raised when no further request to a server can succeed in this run."""


def vectors_of(answer: Any, count: int) -> list[Any]:
    """The vectors of an answer as OpenAI's API gives it, `data[i].embedding`, in the order of their index."""
    rows = answer["data"]
    order = [row.get("index", place) for place, row in enumerate(rows)]
    if sorted(order) != list(range(count)):
        raise ValueError(f"{len(rows)} vectors for {count} media")
    placed = dict(zip(order, rows))
    return [placed[place]["embedding"] for place in range(count)]


def checked_rows(
    body: bytes, count: int, rows_of: Callable[[Any, int], Sequence[Any]], width: int, server: str
) -> list[np.ndarray | None]:
    """The rows (dim,) float32 of an answer, None for one that is not finite.

    `width`: dimensions that all must have, 0 if they are not known yet. Raises ServerLost for any other answer.
    """
    end = "nothing of this answer was used, and what was encoded before is kept"
    try:
        found = rows_of(json.loads(body), count)
        rows = [np.asarray(row, np.float64) for row in found]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ServerLost(f"{server} did not answer as embedding servers of this kind do; {end}") from error
    if len(rows) != count:
        raise ServerLost(f"{server} gave {len(rows):,} vectors for {count:,} media; {end}")
    widths = {row.shape for row in rows}
    if len(widths) > 1 or any(row.ndim != 1 or not 0 < len(row) <= _WIDEST for row in rows):
        raise ServerLost(f"{server} gave vectors of unequal or impossible length; {end}")
    if width and len(rows[0]) != width:
        raise ServerLost(f"{server} gave {len(rows[0]):,} dimensions where it should be {width:,}; {end}")
    with np.errstate(over="ignore"):
        narrow = [row.astype(np.float32) for row in rows]
    return [row if np.isfinite(row).all() else None for row in narrow]


def status_error(status: int, server: str, url: str, key: str) -> BadInput:
    """The error of a refusal: BadInput where another medium may pass, ServerLost where none will."""
    if status in _REFUSED:
        return BadInput(f"{server} refused this with status {status}; it may be too long, or the model or an option")
    meaning = {
        401: f"; set {key} to a valid key",
        402: "; the account has no credit left",
        403: f"; the key in {key} may not do this",
        404: f"; {url} or the model names something it does not have",
        429: "; it gets too many requests, or a limit is reached: go on later",
    }
    words = meaning.get(status, "")
    return ServerLost(f"{server} refused with status {status}{words}; what was encoded is kept")

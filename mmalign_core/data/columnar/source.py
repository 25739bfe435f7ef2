"""Where rows come from: the parts of a table, each of which gives its record batches when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mmalign_core.data.names import shown
from mmalign_core.types import BadInput


@dataclass(frozen=True)
class Part:
    """A file or folder of one schema: `batches(n)` reads record batches of at most n rows. `split` as datasets say.

    `stated`: what the description of its data set says of its columns, by name. `held`: bytes that a column takes
    uncompressed, by name, where the file says so before it is read.
    """

    name: str
    schema: Any
    rows: int
    batches: Callable[[int], Iterator[Any]]
    split: str = ""
    stated: Mapping[str, Any] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A table in parts, which errors call `name`.

    `described`: the table is a data set of its own kind of columns, not a manifest, so that the meaning of these is to
    be found out.
    """

    name: str
    parts: tuple[Part, ...]
    described: bool = True


@contextmanager
def reading(name: str, kind: str) -> Iterator[None]:
    """Turn what Arrow and Lance raise of damaged content into one line."""
    import pyarrow as pa

    damage = (pa.ArrowException, ValueError, TypeError, OSError, RuntimeError, MemoryError, LookupError)
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        # A panic in LanceDB's Rust part has a class of its own that cannot be imported.
        if not isinstance(error, damage) and type(error).__name__ != "RustPanic":
            raise
        why = shown(next(iter(str(error).splitlines()), type(error).__name__))[:120]
        raise BadInput(f"'{shown(name)}' is not a readable {kind} ({why}); write it again") from error

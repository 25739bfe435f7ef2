"""Panics of Lance, which print to the error stream before they reach Python: held back, the rest passed on."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_STDERR = 2
_PANIC = re.compile(
    rb"(?:(?<![^\n])\n)?thread '[^\n]*' (?:\(\d+\) )?panicked at (?:[^\n]*\n.*?(?:note: [^\n]*\n)+|.*)"
    rb"|(?:(?<=\n)|\A)\[\d{4}-[^\]\n]* lance[^\]\n]*\][^\n]*\n?",
    re.DOTALL,
)
"""What Rust's panic hook prints, up to its note on backtraces, and the lines of Lance's own log."""
_lock = RLock()


@contextmanager
def panics_held_back() -> Iterator[None]:
    """Hold back what panics print during the block; what else was written to the error stream follows at its end.

    The stream belongs to the process, so that one thread at a time is in such a block.
    """
    with _lock, tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        own = os.dup(_STDERR)
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(own, _STDERR)
            held.seek(0)
            other = _PANIC.sub(b"", held.read())
            if other:
                os.write(own, other)
            os.close(own)

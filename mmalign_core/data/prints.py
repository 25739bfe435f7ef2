"""What libraries print to the error stream of damaged files, before they tell Python: held back, the rest passed on."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_STDERR = 2
_PRINTED = re.compile(
    rb"(?:(?<![^\n])\n)?thread '[^\n]*' (?:\(\d+\) )?panicked at (?:[^\n]*\n.*?(?:note: [^\n]*\n)+|.*)"
    rb"|(?:(?<=\n)|\A)\[\d{4}-[^\]\n]* lance[^\]\n]*\][^\n]*\n?"
    rb"|(?:(?<=\n)|\A)(?:_?TIFF|Fax[34]|LZW|ZIP|JPEG|OJPEG|PackBits|Pixar|LogL|SGI|ZSTD|LZMA|WebP|Dump|Next|Thunder|NeXT)"
    rb"\w*: [^\n]*\n?",
    re.DOTALL,
)
"""What Rust's panic hook prints, up to its note on backtraces; the lines of Lance's own log; and libtiff's errors,
which begin with the function's name."""
_lock = RLock()


@contextmanager
def prints_held_back() -> Iterator[None]:
    """Hold back what Lance and libtiff print during the block; what else was written follows at its end.

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
            other = _PRINTED.sub(b"", held.read())
            if other:
                os.write(own, other)
            os.close(own)

"""onnxruntime sessions for the encoders' graphs, whose memory can be given back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any
from weakref import WeakSet

import numpy as np

_SHRINK = ("memory.enable_memory_arena_shrinkage", "cpu:0")
"""Option of a run, from onnxruntime's onnxruntime_run_options_config_keys.h: free the memory that no run uses."""
_open: WeakSet[OnnxSession] = WeakSet()


class OnnxSession:
    """A session that keeps the memory of its largest runs for the next ones, until `release` is called.

    Without that memory a picture takes 16 ms in place of 11 (EfficientNet-Lite0, batches of 8, in the dashboard's
    server); with it, three batches of 24 at once leave 700 MB behind.
    """

    def __init__(self, session: Any) -> None:
        self._session, self._lock = session, Lock()
        self._least: tuple[list[str], dict[str, tuple[tuple[int, ...], np.dtype]]] | None = None
        self._grown = False
        _open.add(self)

    def run(self, outputs: Sequence[str], feed: Mapping[str, np.ndarray]) -> list[Any]:
        """Return the outputs of these names for the inputs."""
        with self._lock:
            shapes = {name: (value.shape, value.dtype) for name, value in feed.items()}
            if self._least is None or _numbers(shapes) < _numbers(self._least[1]):
                self._least = (list(outputs), shapes)
            self._grown = True
        return self._session.run(list(outputs), dict(feed))

    def release(self) -> None:
        """Give back the memory of earlier runs: by a run on zeros, the smallest there was, since there is no other way.

        Runs that go on meanwhile keep theirs.
        """
        import onnxruntime

        with self._lock:
            least, grown, self._grown = self._least, self._grown, False
        if least is not None and grown:
            options = onnxruntime.RunOptions()
            options.add_run_config_entry(*_SHRINK)
            zeros = {name: np.zeros(shape, kind) for name, (shape, kind) in least[1].items()}
            self._session.run(least[0], zeros, options)


def open_session(graph: bytes, threads: int) -> OnnxSession:
    """Return a CPU session for a serialised graph. Spinning is off, so that waiting workers leave cores to decoders."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return OnnxSession(onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"]))


def release_sessions() -> None:
    """Give back the memory of earlier runs of every open session."""
    for session in list(_open):
        session.release()


def _numbers(shapes: Mapping[str, tuple[tuple[int, ...], np.dtype]]) -> int:
    return sum(int(np.prod(shape)) for shape, _ in shapes.values())

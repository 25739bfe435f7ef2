"""onnxruntime sessions for the encoders' graphs."""

from __future__ import annotations

from typing import Any


def open_session(graph: bytes, threads: int) -> Any:
    """Return a CPU session for a serialised graph. Spinning is off, so that waiting workers leave cores to decoders."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

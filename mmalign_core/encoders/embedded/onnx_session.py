"""Open an ONNX graph held in memory for the encoders."""

from __future__ import annotations

from typing import Any


def open_session(graph: bytes, threads: int) -> Any:
    """An onnxruntime session on the processor that leaves idle cores to the threads which decode.

    Spinning is off: a worker that spins between two batches would take the core the next picture is decoded on.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

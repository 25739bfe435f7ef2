"""YAMNet's quantised ONNX graph, changed in memory to take any number of patches and to output its embedding."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

EMBEDDING = "/model/Reshape_output_0"
SCORES = "class_scores"
_FLAT_SHAPE = "/model/Constant_output_0"


@dataclass(frozen=True)
class Quantisation:
    """Linear quantisation to uint8: value = scale * (stored - zero)."""

    scale: float
    zero: int

    def store(self, values: np.ndarray) -> np.ndarray:
        """The values as uint8, rounded and clipped."""
        return np.clip(np.round(values / np.float32(self.scale)) + self.zero, 0, 255).astype(np.uint8)

    def read(self, stored: np.ndarray) -> np.ndarray:
        """float32."""
        return (stored.astype(np.float32) - self.zero) * np.float32(self.scale)


def load_graph(bundle: Path) -> Any:
    """The onnx model in the zip file, with the weights from the same file."""
    import onnx

    with zipfile.ZipFile(bundle) as archive:
        files = {PurePosixPath(name).name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    model = onnx.load_model_from_string(files["model.onnx"])
    for tensor in model.graph.initializer:
        place = {entry.key: entry.value for entry in tensor.external_data}
        if place:
            offset = int(place.get("offset", 0))
            tensor.raw_data = files[place["location"]][offset : offset + int(place["length"])]
            tensor.data_location = onnx.TensorProto.DEFAULT
            del tensor.external_data[:]
    return model


def batched_graph(model: Any) -> bytes:
    """The serialised graph: `audio` (n, 1, 96, 64) uint8 -> `class_scores` (n, 521) uint8, embedding (n, 1024) float32.

    Only declared shapes and the target of one reshape change, so that results equal those of the original graph for
    single patches bit for bit.
    """
    from onnx import TensorProto, helper, numpy_helper

    del model.graph.value_info[:]
    model.graph.output.append(helper.make_tensor_value_info(EMBEDDING, TensorProto.FLOAT, ["n", 1024]))
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    for tensor in model.graph.initializer:
        if tensor.name == _FLAT_SHAPE:
            tensor.CopyFrom(numpy_helper.from_array(np.array([-1, 1024]), _FLAT_SHAPE))
    return model.SerializeToString()


def quantisation(model: Any, tensor: str) -> Quantisation:
    """The quantisation of the graph's tensor `audio` or `class_scores`."""
    from onnx import numpy_helper

    weights = {i.name: i for i in model.graph.initializer}
    scale, zero = (numpy_helper.to_array(weights[f"{tensor}_{part}"]) for part in ("scale", "zero_point"))
    return Quantisation(float(scale), int(zero))

"""EfficientNet-Lite as an ONNX graph, built from its PyTorch weights with batch normalisation folded in.

Architecture: MBConv blocks of EfficientNet-B0 (Tan & Le, 2019; Sandler et al., 2018) without squeeze-and-excitation,
ReLU6 for swish, stem and head of fixed width, TensorFlow's "same" padding. onnxruntime runs it about 1.7 times as
fast as PyTorch does on the processor (benchmarks/encode_throughput.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

SIDE = 224
"""Pixels of a side, the input size of the published EfficientNet-Lite0."""
SIDE_2 = 260
"""The input size of the published EfficientNet-Lite2."""
PIXELS, MAP, POOLED, POSTERIOR = "pixels", "map", "pooled", "posterior"
BLOCKS = ((1, 3, 1), (2, 3, 2), (2, 5, 2), (3, 3, 2), (3, 5, 1), (4, 5, 2), (1, 3, 1))
"""For each stage of Lite0: repeats, kernel, and stride of its first block."""
BLOCKS_2 = ((1, 3, 1), (3, 3, 2), (3, 5, 2), (4, 3, 2), (4, 5, 1), (5, 5, 2), (1, 3, 1))
"""The same of Lite2: 1.2 times as many repeats, rounded up, but for the first stage and the last."""
_BATCH_NORM_EPSILON = 1e-3
"""Epsilon of batch normalisation, as in the published TensorFlow model."""


class GraphBuilder:
    """Collects the nodes and weights of the graph, from input to output."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: dict[str, np.ndarray] = {}
        self.constant("zero", 0)
        self.constant("six", 6)

    def constant(self, name: str, value: Any) -> None:
        """Add a float32 array to the graph."""
        self.constants[name] = np.asarray(value, np.float32)

    def add(self, operation: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Append one node. Return the name of its output."""
        from onnx import helper

        self.nodes.append(helper.make_node(operation, inputs, [output], **attributes))
        return output

    def convolve(
        self, x: str, conv: str, norm: str, *, side: int, stride: int = 1, relu6: bool = True, output: str = ""
    ) -> str:
        """Append a convolution with its batch normalisation, and a ReLU6 if `relu6`. `side`: pixels of the input."""
        kernel, bias = self._folded(conv, norm)
        self.constant(f"{conv}.w", kernel)
        self.constant(f"{conv}.b", bias)
        before, after = same_padding(side, kernel.shape[-1], stride)
        # Only depthwise kernels have one input channel; the stem has three.
        group = len(kernel) if kernel.shape[1] == 1 else 1
        x = self.add(
            "Conv",
            [x, f"{conv}.w", f"{conv}.b"],
            f"{conv}.out",
            group=group,
            strides=[stride] * 2,
            pads=[before, before, after, after],
        )
        return self.add("Clip", [x, "zero", "six"], output or f"{conv}.relu6") if relu6 else x

    def _folded(self, conv: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
        kernel, gain, bias, mean, variance = (
            self.weights[name]
            for name in (
                f"{conv}.weight",
                *(f"{norm}.{part}" for part in ("weight", "bias", "running_mean", "running_var")),
            )
        )
        scale = gain / np.sqrt(variance + _BATCH_NORM_EPSILON)
        return kernel * scale[:, None, None, None], bias - mean * scale


def same_padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's "same" padding (before, after). An odd pixel goes after, so strided layers are padded unevenly."""
    total = max((strided(side, stride) - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def strided(side: int, stride: int) -> int:
    """Cells of a side after a layer of this stride with "same" padding: rounded up."""
    return -(-side // stride)


def build_graph(
    weights: Mapping[str, np.ndarray], side: int = SIDE, blocks: Sequence[tuple[int, int, int]] = BLOCKS
) -> bytes:
    """Serialised graph: PIXELS (n, side, side, 3) uint8 -> MAP (n, 1280, h, h), POOLED (n, 1280), POSTERIOR (n, 1000).

    `side`: pixels of the input; h is a 32nd of it, rounded up.
    A run computes only the outputs that it names.
    """
    from onnx import TensorProto, helper, numpy_helper

    build = GraphBuilder(weights)
    x = build.convolve(_pixels(build), "_conv_stem", "_bn0", side=side, stride=2)
    h, number = strided(side, 2), 0
    for repeats, _kernel, first_stride in blocks:
        for repeat in range(repeats):
            stride = 1 if repeat else first_stride
            x = _block(build, x, f"_blocks.{number}", h, stride, skip=repeat > 0)
            h, number = strided(h, stride), number + 1
    build.convolve(x, "_conv_head", "_bn1", side=h, output=MAP)
    _classify(build)
    shapes = {MAP: ["n", 1280, h, h], POOLED: ["n", 1280], POSTERIOR: ["n", 1000]}
    graph = helper.make_graph(
        build.nodes,
        "efficientnet-lite",
        [helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, ["n", side, side, 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        [numpy_helper.from_array(value, name) for name, value in build.constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def _pixels(build: GraphBuilder) -> str:
    """Preprocessing as in training: (x - 127) / 128 of pixels 0..255, channels first."""
    build.constant("middle", 127)
    build.constant("half_range", 128)
    x = build.add("Cast", [PIXELS], "pixels.float", to=1)
    x = build.add("Transpose", [x], "pixels.chw", perm=[0, 3, 1, 2])
    x = build.add("Sub", [x, "middle"], "pixels.centred")
    return build.add("Div", [x, "half_range"], "pixels.scaled")


def _block(build: GraphBuilder, x: str, name: str, side: int, stride: int, skip: bool) -> str:
    """One MBConv block: expansion, depthwise convolution, projection, and the input added if `skip`."""
    y = x
    if f"{name}._expand_conv.weight" in build.weights:
        y = build.convolve(y, f"{name}._expand_conv", f"{name}._bn0", side=side)
    y = build.convolve(y, f"{name}._depthwise_conv", f"{name}._bn1", side=side, stride=stride)
    y = build.convolve(y, f"{name}._project_conv", f"{name}._bn2", side=strided(side, stride), relu6=False)
    return build.add("Add", [y, x], f"{name}.sum") if skip else y


def _classify(build: GraphBuilder) -> None:
    """Append the mean over the map, the linear classifier and the softmax."""
    build.constant("_fc.weight", build.weights["_fc.weight"])
    build.constant("_fc.bias", build.weights["_fc.bias"])
    build.add("ReduceMean", [MAP], POOLED, axes=[2, 3], keepdims=0)
    build.add("Gemm", [POOLED, "_fc.weight", "_fc.bias"], "logits", transB=1)
    build.add("Softmax", ["logits"], POSTERIOR, axis=1)

"""A model as an ONNX graph: any number of sequences, any length up to the longest, padding masked.

The graph is written node by node from the forward pass, so that every activation has its name in
it. Input `ids` (batch x positions, int64), output `logits` (batch x positions x d_out), both as
`Model.encode` and `Model.decode` have them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, require
from rasplab.weights import EMBED, PAD_ID, ModelWeights, Step, manifest
from rasplab.weights.architecture import LAST_NORM
from rasplab.weights.directory import write_file

OPSET, IR = 18, 10  # of 2022 and 2024; every runtime of the last years reads them


def to_onnx(
    weights: ModelWeights, path: str | Path, *, activations: bool = False, overwrite: bool = False
) -> Path:
    """Write a model as an ONNX file, its circuit in the metadata.

    With `activations` every activation is an output too, by its name and with the axes that
    `rasplab.weights.forward` has.

    Raises:
        InputError: E487, the model has smooth units, of which runtimes compute approximations.
        MissingExtraError: E602, onnx is not installed.
        ModelFileError: E503 exists already, E504 cannot be written.
    """
    if weights.config.activation != "relu":
        raise InputError(_approximate(weights.config.activation))
    graph = _Graph(weights, activations=activations)
    return write_file(
        path, graph.model().SerializeToString(deterministic=True), overwrite=overwrite
    )


class _Graph:
    """The nodes so far; a value is known by its name."""

    def __init__(self, weights: ModelWeights, *, activations: bool) -> None:
        self.onnx: Any = require("onnx", extra="onnx", purpose="an ONNX file")
        self.weights, self.activations = weights, activations
        self.double = weights.config.dtype == "float64"
        self.nodes: list[object] = []
        self.constants: list[Any] = []
        self.kept: list[object] = []

    def model(self) -> Any:
        """The checked ONNX model."""
        helper = self.onnx.helper
        logits = self._forward()
        ids = helper.make_tensor_value_info("ids", self.onnx.TensorProto.INT64, ["batch", "n"])
        outputs = [self._info(logits, ["batch", "n", self.weights.config.d_out]), *self.kept]
        graph = helper.make_graph(self.nodes, "rasplab", [ids], outputs, self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR
        )
        model.producer_name = "rasplab"
        helper.set_model_props(model, {"rasplab": json.dumps(_truth(self.weights))})
        self.onnx.checker.check_model(model, full_check=True)
        return model

    def _forward(self) -> str:
        n = self.node("Gather", self.node("Shape", "ids"), self.integers("one", [1]), axis=0)
        zero, one = self.integers("start", [0]), self.integers("axis", [0])
        positions = self.node("Slice", self.array("pos_embed.W_pos"), zero, n, one)
        words = self.node("Gather", self.array("embed.W_E"), "ids", axis=0)
        residual = self.node("Add", words, positions)
        mask = self._mask(n)
        architecture, layer = self.weights.config.architecture, EMBED.layer
        for step in architecture.steps:
            if step.layer != layer:
                residual, layer = self.keep(step.reads_whole, residual, 3), step.layer
            if self.weights.arrays[step.writing].size:
                residual = self.node("Add", residual, self._written(step, residual, mask))
            residual = self.keep(architecture.stream(step.site), residual, 3)
        if not architecture.steps:
            residual = self.keep(architecture.stream(EMBED), residual, 3)
        residual = self._normed(LAST_NORM, LAST_NORM, residual)
        return self.affine(residual, "unembed.W_U", "unembed.b_U", into="logits")

    def _normed(self, own: str, kept: str, stream: str) -> str:
        """A stream behind the norm whose arrays and activations have such names."""
        architecture = self.weights.config.architecture
        if architecture.norm == "none":
            return stream
        last = self.integers("last_axis", [-1])
        if architecture.norm == "layer":
            stream = self.node("Sub", stream, self.node("ReduceMean", stream, last))
        square = self.node("ReduceMean", self.node("Mul", stream, stream), last)
        epsilon = self.constant("epsilon", np.array(architecture.epsilon))
        scale = self.node("Sqrt", self.node("Add", square, epsilon))
        scale = self.keep(f"{kept}hook_scale", scale, 3)
        read = self.node("Mul", self.node("Div", stream, scale), self.array(f"{own}w"))
        return self.keep(f"{kept}hook_normalized", read, 3)

    def _written(self, step: Step, residual: str, mask: str) -> str:
        residual = self._normed(step.norm, step.inner_norm, residual)
        match step.kind:
            case "attn":
                return self._attention(step, residual, mask)
            case "mlp":
                return self._mlp(step, residual)
            case _:
                assert_never(step.kind)

    def _mask(self, n: str) -> str:
        """What is added to scores: -inf at padding, and where a causal query may not look."""
        length = self.weights.config.n_ctx
        later = np.triu(np.full((length, length), -np.inf), 1)
        hidden = self.constant("hidden", np.array(-np.inf))
        shown = self.constant("shown", np.array(0.0))
        padding = self.node("Equal", "ids", self.integers("pad", PAD_ID))
        padding = self.node("Unsqueeze", padding, self.integers("head_and_query", [1, 2]))
        mask = self.node("Where", padding, hidden, shown)
        if not self.weights.config.causal:
            return mask
        ends = self.node("Concat", n, n, axis=0)
        start, axes = self.integers("corner", [0, 0]), self.integers("both", [0, 1])
        return self.node(
            "Add", mask, self.node("Slice", self.constant("later", later), start, ends, axes)
        )

    def _attention(self, step: Step, residual: str, mask: str) -> str:
        """What all heads write; axes are batch, head, position, coordinate."""
        name = step.inner
        x = self.node("Unsqueeze", residual, self.integers("head_axis", [1]))
        q, k, v = (
            self.keep(f"{name}hook_{part.lower()}", self._per_head(x, step.weights, part), 4)
            for part in "QKV"
        )
        scores = self.node("MatMul", q, self.node("Transpose", k, perm=[0, 1, 3, 2]))
        scores = self.keep(f"{name}hook_attn_scores", self.node("Add", scores, mask), 4)
        pattern = self.keep(f"{name}hook_pattern", self.node("Softmax", scores, axis=-1), 4)
        z = self.keep(f"{name}hook_z", self.node("MatMul", pattern, v), 4)
        result = self.node("MatMul", z, self.array(step.writing))
        result = self.keep(f"{name}hook_result", result, 4)
        return self.node("ReduceSum", result, self.integers("head_axis", [1]), keepdims=0)

    def _per_head(self, x: str, name: str, part: str) -> str:
        bias = self.weights.arrays[f"{name}b_{part}"][:, None]
        return self.node(
            "Add",
            self.node("MatMul", x, self.array(f"{name}W_{part}")),
            self.constant(f"{name}b_{part}", bias),
        )

    def _mlp(self, step: Step, residual: str) -> str:
        before = self.affine(residual, f"{step.weights}W_in", f"{step.weights}b_in")
        hidden = self.keep(f"{step.inner}hook_post", self.node("Relu", before), 3)
        written = self.node("MatMul", hidden, self.array(step.writing))
        return self.keep(step.out, written, 3)

    def affine(self, x: str, weight: str, bias: str, *, into: str | None = None) -> str:
        """`x @ weight + bias`."""
        product = self.node("MatMul", x, self.array(weight))
        return self.node("Add", product, self.array(bias), into=into)

    def keep(self, name: str, value: str, axes: int) -> str:
        """Give an activation its name, and make it an output where that is wanted."""
        named = self.node("Identity", value, into=name)
        if self.activations:
            self.kept.append(self._info(name, [None] * axes))
        return named

    def node(self, kind: str, *inputs: str, into: str | None = None, **options: object) -> str:
        """Append a node; the name of what it gives."""
        output = into or f"{kind}_{len(self.nodes)}"
        self.nodes.append(
            self.onnx.helper.make_node(kind, list(inputs), [output], name=output, **options)
        )
        return output

    def array(self, name: str) -> str:
        """One of the model's arrays."""
        return self.constant(name, self.weights.arrays[name])

    def constant(self, name: str, array: NDArray[np.generic]) -> str:
        """A constant in the model's own format."""
        return self._constant(name, array.astype(np.float64 if self.double else np.float32))

    def integers(self, name: str, numbers: int | list[int]) -> str:
        """A constant of whole numbers."""
        return self._constant(name, np.array(numbers, np.int64))

    def _constant(self, name: str, array: NDArray[np.generic]) -> str:
        if name not in {tensor.name for tensor in self.constants}:
            contiguous = np.asarray(array, order="C")
            self.constants.append(self.onnx.numpy_helper.from_array(contiguous, name))
        return name

    def _info(self, name: str, shape: Sequence[str | int | None]) -> object:
        kinds = self.onnx.TensorProto
        kind = kinds.DOUBLE if self.double else kinds.FLOAT
        return self.onnx.helper.make_tensor_value_info(name, kind, shape)


def _approximate(activation: str) -> Diagnostic:
    return diagnostic(
        "E487",
        f"an ONNX runtime would not compute the {activation} units of this model exactly",
        notes=[
            "runtimes approximate tanh and exp in a range, at whose ends they are not 0 or 1 yet",
            "so large negative numbers would leave a trace",
        ],
        help='disguise the model with `activation="relu"`, or use JAX or the PyTorch module',
    )


def _truth(weights: ModelWeights) -> manifest.Json:
    return {
        "config": manifest.config_data(weights.config),
        "tokenizer": manifest.tokenizer_data(weights.config.vocabulary),
        "circuit": manifest.circuit_data(weights.circuit),
    }

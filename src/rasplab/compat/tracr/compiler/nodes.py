"""Tracr's `tracr.compiler.nodes`: the keys of what a graph knows of each expression."""

from __future__ import annotations

from typing import Any, TypeAlias

Node: TypeAlias = dict[str, Any]
NodeID: TypeAlias = str

ID = "ID"
"""The label of the expression."""

EXPR = "EXPR"
"""The expression."""

VALUE_SET = "VALUE_SET"
"""The values that a sequence operator can take, after `basis_inference.infer_bases`."""

OUTPUT_BASIS = "OUTPUT_BASIS"
"""A direction for each of them, or one for a number."""

MODEL_BLOCK = "MODEL_BLOCK"
"""Tracr's block for the expression; there is none here."""

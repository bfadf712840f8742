"""Linear algebra over named directions: the compiler's intermediate representation."""

from rasplab.craft.affine import Affine
from rasplab.craft.blocks import Block, Head, Mlp, Products, Provenance, Scores, Sharpness, Steps
from rasplab.craft.model import CraftModel, Embedding, Output
from rasplab.craft.space import BOS, Direction, Subspace

__all__ = [
    "BOS",
    "Affine",
    "Block",
    "CraftModel",
    "Direction",
    "Embedding",
    "Head",
    "Mlp",
    "Output",
    "Products",
    "Provenance",
    "Scores",
    "Sharpness",
    "Steps",
    "Subspace",
]

"""Ground-truth circuits: computed by ablating, not searched."""

from rasplab.lab.circuits.blocks import LEVELS
from rasplab.lab.circuits.search import ABLATIONS, ground_truth
from rasplab.lab.circuits.sets import NOTIONS, MinimalCircuits
from rasplab.lab.circuits.truth import Edge, GroundTruth, Node

__all__ = [
    "ABLATIONS",
    "LEVELS",
    "NOTIONS",
    "Edge",
    "GroundTruth",
    "MinimalCircuits",
    "Node",
    "ground_truth",
]

"""Compression into superposition: a model's residual stream squeezed into fewer dimensions.

A compiled model gives every value a direction of its own. Here linear maps are trained that take
its stream into d dimensions while its sublayers stay as they are, as in section 5 of the Tracr
paper; what cannot have a dimension of its own is dropped, or shares.
"""

from rasplab.lab.compression.domain import Domain, domain
from rasplab.lab.compression.maps import Member
from rasplab.lab.compression.measures import Measures
from rasplab.lab.compression.recipes import FastRecipe, PaperRecipe
from rasplab.lab.compression.setup import Setup, compress, set_up
from rasplab.lab.compression.sweep import Sweep

__all__ = [
    "Domain",
    "FastRecipe",
    "Measures",
    "Member",
    "PaperRecipe",
    "Setup",
    "Sweep",
    "compress",
    "domain",
    "set_up",
]

"""Twins: transformers that gradient descent gave the circuit of a compiled model.

What is known of a compiled model is known because of how it was made. A twin was made as other
networks are, and its circuit is known nevertheless, as far as was measured: by strict interchange
intervention training.
"""

from rasplab.lab.twins.alignment import Alignment, Part
from rasplab.lab.twins.measures import Measures, PartMeasures
from rasplab.lab.twins.shape import Shape
from rasplab.lab.twins.training import Course, Recipe
from rasplab.lab.twins.twin import Twins, train_twins

__all__ = [
    "Alignment",
    "Course",
    "Measures",
    "Part",
    "PartMeasures",
    "Recipe",
    "Shape",
    "Twins",
    "train_twins",
]

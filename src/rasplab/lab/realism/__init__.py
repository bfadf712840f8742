"""Compiled models that look less clean, and still are what they were proved to be."""

from rasplab.lab.realism.backup import back_up
from rasplab.lab.realism.disguise import disguise
from rasplab.lab.realism.distract import distract
from rasplab.lab.realism.duplicate import duplicate
from rasplab.lab.realism.ladder import LADDER, Rung, realistic
from rasplab.lab.realism.superpose import superposed

__all__ = [
    "LADDER",
    "Rung",
    "back_up",
    "disguise",
    "distract",
    "duplicate",
    "realistic",
    "superposed",
]

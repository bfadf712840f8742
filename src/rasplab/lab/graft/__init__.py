"""Compiled programs inside models that were trained: extra heads and units, and who reads them."""

from rasplab.lab.graft.files import load
from rasplab.lab.graft.graft import graft
from rasplab.lab.graft.grafted import Graft

__all__ = ["Graft", "graft", "load"]

"""The two models of the Tracr paper's section 5, in the paper's own layout.

>>> import rasplab
>>> found = PAPER["frac_prevs"]()
>>> rasplab.Model(found.weights, found.program)("xaxb")[:2], found.weights.config.d_model
([1, 0.5], 14)
"""

from rasplab.lab.paper.models import PAPER, PaperModel

__all__ = ["PAPER", "PaperModel"]

"""Programs written for Tracr, run and compiled here, without JAX.

The modules have Tracr's names, so that one import changes:

>>> from rasplab.compat.tracr.compiler import compiling, lib
>>> from rasplab.compat.tracr.rasp import rasp
>>> model = compiling.compile_rasp_to_model(
...     lib.make_reverse(rasp.tokens), vocab={1, 2, 3}, max_seq_len=5, compiler_bos="BOS"
... )
>>> model.apply(["BOS", 1, 2, 3]).decoded
['BOS', 3, 2, 1]

After `install()` the names `tracr.rasp`, `tracr.compiler`, … mean these modules, and
`python -m rasplab.compat.tracr script.py` runs a script that imports them unchanged.
"""

from rasplab.compat.tracr.absent import explain_absences
from rasplab.compat.tracr.alias import install

explain_absences()

__all__ = ["install"]

r"""C-RASP, the language of Yang and Chiang (2024), in the form of `.cr` files.

>>> import rasplab
>>> from rasplab.compat.c_rasp import parse
>>> program = parse('''
... opened = # "("
... closed = # ")"
... never_negative = # (opened < closed) == 0
... dyck = never_negative && (opened == closed)
... ''')
>>> program.accepts("(()())"), program.accepts(")(")
(True, False)
>>> model = rasplab.compile(program.dyck, vocab="()", max_length=6, causal=True)
>>> model("(())")
[False, False, False, True]
"""

from rasplab.compat.c_rasp.program import Program, parse, read

__all__ = ["Program", "parse", "read"]

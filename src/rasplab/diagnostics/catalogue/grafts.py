"""E48x: programs that are to be grafted into trained models, and cannot be."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_HOST = """\
import rasplab
import torch
from transformers import GPT2Config, GPT2LMHeadModel
from rasplab import programs
from rasplab.lab.graft import graft

shape = dict(vocab_size=4, n_positions=8, n_embd=8, n_layer=1, n_head=2)
host = GPT2LMHeadModel(GPT2Config(**shape, bos_token_id=None, eos_token_id=None))
"""
_MODEL = (
    _HOST
    + """\
program, vocab = programs.get("hist").at(3, 8)
model = rasplab.compile(program, vocab=vocab, max_length=8, causal=True)
tokens = dict(enumerate(vocab))
"""
)

PAGES = (
    Page(
        "E480",
        "a host cannot take a graft",
        """\
The host is no causal `GPT2LMHeadModel`, or its directory holds none, or it has fewer layers than
the program needs for the variables that are read. The message says which.""",
        """\
The heads and units of a program are put beside those of a layer of the host, and run with them: a
program of two layers is no part of a host that has one.""",
        _MODEL + "graft(host.transformer, model, tokens=tokens)",
        _MODEL + "graft(host, model, tokens=tokens)",
    ),
    Page(
        "E481",
        "a model cannot be grafted",
        """\
The model is not causal, it equals its program on some inputs only, or it holds no variable.""",
        """\
A GPT-2 sees the positions before, and is trained on all positions of a sequence at once. What a
program computes from later ones would tell it what it is to predict. And what a host reads, it
reads on all of its inputs.""",
        _HOST
        + """\
program, vocab = programs.get("reverse").at(3, 8)
model = rasplab.compile(program, vocab=vocab, max_length=8)
graft(host, model, tokens=dict(enumerate(vocab)))""",
        _MODEL + "graft(host, model, tokens=tokens)",
    ),
    Page(
        "E482",
        "the tokens of a host and of a program do not go together",
        """\
A token id that the host has not, a token that is not in the program's vocabulary, or a tokenizer
that has no token for one of the program's. The message says which.""",
        """\
Host and program read one text, each by its own ids. Tokens of the host that mean nothing to the
program may be mapped to a token of its vocabulary, one by one or by a `default`; nothing is made up
for them.""",
        _MODEL + 'graft(host, model, tokens={0: "a", 1: "z"})',
        _MODEL + 'graft(host, model, tokens={0: "a", 1: "b"}, default="c")',
    ),
    Page(
        "E483",
        "a grafted model was given what its program cannot take",
        """\
A token id that stands for no token of the program, a sequence longer than it was compiled for,
padding before the tokens, embeddings in place of token ids, or a cache of earlier positions.""",
        """\
A program computes on whole sequences of its tokens, up to the length for which it is exact; beyond
that it has no meaning.""",
        _MODEL + "graft(host, model, tokens=tokens)(torch.tensor([[0, 1, 3]]))",
        _MODEL + "graft(host, model, tokens=tokens)(torch.tensor([[0, 1, 2]]))",
    ),
    Page(
        "E484",
        "a graft was asked for at a place that there is not",
        """\
The host has no such site or heads, or a variable has not been written there yet, or stands there no
longer.""",
        """\
Sites are named as everywhere: `"0.attn"` is after the attention of the first layer. A program's
layers are layers of its host, so that what its second layer writes is not read in the first.""",
        _MODEL + 'graft(host, model, tokens=tokens, variables="hist", at="embed")',
        _MODEL + 'graft(host, model, tokens=tokens, variables="hist", at="0.attn")',
    ),
)

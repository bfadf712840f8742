"""No model of Tracr's library is larger here than Tracr's own; both sizes are on the page."""

import re
from pathlib import Path

import pytest

from rasplab.compat.tracr.compiler import compiling, lib
from rasplab.compat.tracr.rasp import rasp

PAGE = Path(__file__).resolve().parents[3] / "docs" / "tracr.md"
T = rasp.tokens
NUMBERS = {1, 2, 3, 4, 5}
PROGRAMS = {
    "make_frac_prevs": (lib.make_frac_prevs(T == "x"), set("abcx")),
    "make_length": (lib.make_length(), set("abcd")),
    "make_hist": (lib.make_hist(), set("abcd")),
    "make_reverse": (lib.make_reverse(T), set("abcd")),
    "make_sort_unique": (lib.make_sort_unique(T, T), NUMBERS),
    "make_sort": (lib.make_sort(T, T, max_seq_len=5, min_key=1), NUMBERS),
    "make_sort_freq": (lib.make_sort_freq(max_seq_len=5), set("abcd")),
    "make_pair_balance": (lib.make_pair_balance(T, "(", ")"), set("()")),
    "make_shuffle_dyck, 1 pair": (lib.make_shuffle_dyck(["()"]), set("()")),
    "make_shuffle_dyck, 2 pairs": (lib.make_shuffle_dyck(["()", "{}"]), set("(){}")),
    "make_shuffle_dyck, 3 pairs": (lib.make_shuffle_dyck(["()", "{}", "[]"]), set("(){}[]")),
}
ROW = re.compile(r"^\| `(\w+)`([^|]*) \| ([\d/]+) \| ([\d/]+) \|", re.MULTILINE)


def published() -> dict[str, tuple[list[int], list[int]]]:
    """Tracr's sizes and ours."""
    return {
        name + more: ([int(size) for size in there.split("/")], [int(s) for s in here.split("/")])
        for name, more, there, here in ROW.findall(PAGE.read_text(encoding="utf-8"))
    }


def test_the_page_lists_these_programs() -> None:
    assert published().keys() == PROGRAMS.keys()


@pytest.mark.everyday(2)
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_model_is_larger_than_tracrs(name: str) -> None:
    program, vocab = PROGRAMS[name]
    model = compiling.compile_rasp_to_model(program, vocab, 5, compiler_bos="BOS")
    c = model.model_config
    sizes = [c.num_layers, c.num_heads, c.mlp_hidden_size, len(model.residual_labels)]
    there, here = published()[name]
    assert sizes == here, "the page says something else"
    assert all(a <= b for a, b in zip(here, there, strict=True))

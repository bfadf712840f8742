"""Mutants are what they say they are."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tools.mutation.forks import forked
from tools.mutation.operators import mutants, mutated
from tools.mutation.session import AT_IMPORT, _changed

SOURCE = '''
LIMIT = 3


def bound(rows, errors, *, fuse=False):
    """1 and 2 are no numbers of the code here."""
    if not rows or len(rows) > LIMIT:
        raise ValueError(f"{len(rows) + 1} rows")
    total = abs(errors[0]) + 0.5 * min(rows)
    total += 1
    return total if any(r < 0 <= r + 1 for r in rows if r) else -total
'''
EXPECTED = {
    "len(rows) > LIMIT -> len(rows) >= LIMIT",
    "not rows or len(rows) > LIMIT -> not rows and len(rows) > LIMIT",
    "not rows or len(rows) > LIMIT -> not rows",
    "not rows -> rows",
    "3 -> 4",
    "False -> True",
    "abs(errors[0]) + 0.5 * min(rows) -> abs(errors[0])",
    "abs(errors[0]) -> errors[0]",
    "min(rows) -> max(rows)",
    "0.5 -> 1.0",
    "total += 1 -> pass",
    "any((r < 0 <= r + 1 for r in rows if r)) -> all((r < 0 <= r + 1 for r in rows if r))",
    "r < 0 <= r + 1 -> r < 0",
    "-total -> total",
    "raise ValueError(f'{len(rows) + 1} rows') -> pass",
}


def test_every_kind_of_mutant_is_found_and_messages_are_left_alone() -> None:
    found = {f"{m.before} -> {m.after}" for m in mutants("x.py", SOURCE)}
    assert found >= EXPECTED
    assert not [change for change in found if change.startswith("len(rows) + 1")]


@pytest.mark.everyday(43)
@pytest.mark.parametrize("mutant", mutants("x.py", SOURCE), ids=lambda m: f"{m.line}-{m.number}")
def test_a_mutant_is_one_change_that_compiles(mutant) -> None:
    tree = mutated(SOURCE, mutant)
    compile(tree, "x.py", "exec")
    assert ast.dump(tree) != ast.dump(ast.parse(SOURCE))


def test_mutants_have_keys_of_their_own_that_do_not_change_with_other_code() -> None:
    keys = [m.key for m in mutants("x.py", SOURCE)]
    assert len(set(keys)) == len(keys)
    assert keys[1:] == [m.key for m in mutants("x.py", f"import os\n{SOURCE}")][1:]


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Path]:
    """A module of which there is a constant, and a function whose default it could be."""
    path = tmp_path / "of_one_constant.py"
    path.write_text("LEAST = 2.0**-3\n\n\ndef least(of=2.0**-3):\n    return min(of, LEAST)\n")
    spec = importlib.util.spec_from_file_location("rasplab.of_one_constant", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield path
    del sys.modules[spec.name]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("LEAST = 2.0", "LEAST = 0.0", AT_IMPORT),
        ("of=2.0", "of=0.0", AT_IMPORT),
        ("LEAST = 2.0", "LEAST = 1.0", "0.125, 1.0"),
        ("of=2.0", "of=1.0", "1.0, 0.125"),
    ],
)
def test_a_constant_without_a_value_shows_at_import_and_the_others_go_on(
    loaded: Path, before: str, after: str, found: str
) -> None:
    """A division by 0, say: no file that has it could be imported."""

    def look(names: list[str]) -> str:
        module = sys.modules["rasplab.of_one_constant"]
        return f"{module.least.__defaults__[0]}, {module.LEAST}"

    tree = ast.parse(loaded.read_text("utf-8").replace(before, after))
    assert forked(partial(_changed, loaded, tree, look, []), 60.0) == found


def test_a_fork_of_a_process_that_holds_much_has_as_much_room_as_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tools.mutation.forks.MEMORY", 64 * 2**20)
    held = bytearray(256 * 2**20)
    assert forked(lambda: len(bytearray(32 * 2**20)), 60.0) == 32 * 2**20
    with pytest.raises(RuntimeError, match="MemoryError"):
        forked(lambda: len(bytearray(2**33)), 60.0)  # far more than garbage that it may find
    assert len(held) == 256 * 2**20


@pytest.mark.slow
def test_a_process_that_has_loaded_jax_forks_without_a_warning() -> None:
    jax = pytest.importorskip("jax")
    jax.numpy.ones(3).block_until_ready()  # its threads run
    assert forked(lambda: 3, 60.0) == 3

"""Mutants of the solutions: one that is marked as right is the same program on all other inputs."""

import ast
import copy
import itertools
import random
from collections.abc import Iterator

import pytest

from rasplab import ProgramError, learn
from rasplab.rasp import SOp

COMPARISONS = {"<": "<=", "<=": "<", "==": "!=", "!=": "==", ">": ">=", ">=": ">"}
OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Lt: ast.LtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
NAMES = {"earliest": "most_recent", "most_recent": "earliest", "indices": "tokens"}


def mutated(node: ast.AST) -> bool:
    """Change one node in place; whether there was something to change."""
    if isinstance(node, ast.Constant) and node.value in COMPARISONS:
        node.value = COMPARISONS[node.value]
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        node.value = not node.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        node.value += 1
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in NAMES:
        node.id = NAMES[node.id]
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        node.op = OPERATORS[type(node.op)]()  # pyright: ignore[reportAttributeAccessIssue]
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in OPERATORS:
        node.ops = [OPERATORS[type(node.ops[0])]()]  # pyright: ignore[reportAttributeAccessIssue]
    else:
        return False
    return True


def mutants(exercise: learn.Exercise) -> Iterator[tuple[str, SOp]]:
    """Every program that differs from the solution in one place and can be built."""
    whole = ast.parse(exercise.solution)
    for place in range(len(list(ast.walk(whole)))):
        changed = copy.deepcopy(whole)
        if not mutated(list(ast.walk(changed))[place]):
            continue
        namespace: dict[str, SOp] = {}
        text = "from rasplab.rasp import *\n" + ast.unparse(changed)
        try:
            exec(text, namespace)
        except ProgramError:
            continue
        yield text, namespace[exercise.name]


def others(exercise: learn.Exercise) -> Iterator[tuple[str, ...]]:
    """All inputs, or where these are too many a thousand drawn long ones."""
    if sum(len(exercise.vocabulary) ** n for n in range(exercise.max_length + 1)) < 2000:
        for length in range(1, exercise.max_length + 1):
            yield from itertools.product(exercise.vocabulary, repeat=length)
    draw = random.Random(exercise.name)
    for _ in range(1000):
        yield tuple(draw.choices(exercise.vocabulary, k=draw.randint(5, exercise.max_length)))


@pytest.mark.slow
@pytest.mark.parametrize("exercise", learn.all(), ids=lambda exercise: exercise.name)
def test_a_mutant_that_is_right_is_no_other_program(exercise: learn.Exercise) -> None:
    count = failed = 0
    for text, program in mutants(exercise):
        count += 1
        marking = learn.mark(exercise, program)
        if "E902" in {finding.code for finding in marking.findings}:
            failed += 1
        elif marking.passed or marking.findings[0].code == "E903":
            for tokens in others(exercise):
                assert program(tokens) == exercise.reference(tokens), f"on {tokens}:\n{text}"
    if count:
        assert failed

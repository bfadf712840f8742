"""The comparison itself must be able to fail."""

from dataclasses import dataclass, field
from types import SimpleNamespace

from rasplab.rasp import tokens
from tests.differential.agreement import disagreements, evaluated, same, ways_to_run


@dataclass
class Lying:
    """A model of `tokens` that gets the last of a batch wrong."""

    numerical: bool = False
    certificate: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(output_error=0.25))

    def __call__(self, sequence):
        return list(sequence)

    def batch(self, sequences):
        return [*map(list, sequences[:-1]), ["z"] * len(sequences[-1])]


def test_a_wrong_batch_is_found() -> None:
    pairs = evaluated(tokens, ["ab", "b"], causal=False)
    found = list(disagreements(ways_to_run(Lying(), torch=False), pairs))
    assert [(one.way, one.sequence) for one in found] == [("batch", "b")]


def test_values_of_different_types_differ() -> None:
    assert not same(1, True, None)
    assert not same("3", 3, None)
    assert not same(None, 0, None)
    assert same(2, 2.0, None)


def test_numbers_agree_within_the_certified_error_and_no_further() -> None:
    assert same(0.5, 0.7, 0.25)
    assert same(True, 1.1, 0.25)
    assert not same(0.5, 0.8, 0.25)
    assert not same(0.5, float("nan"), 0.25)
    assert not same(None, 0, 0.25)
    assert not same("a", 0, 0.25)

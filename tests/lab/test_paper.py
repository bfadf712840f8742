"""The models of the Tracr paper, in its layout: of its sizes, and equal to their programs."""

from __future__ import annotations

import pytest

from rasplab.lab.paper import PAPER
from rasplab.rasp.possible import Sequences
from rasplab.rasp.values import identity
from tests.lab.compression.models import paper


@pytest.mark.parametrize(("name", "d_model"), [("frac_prevs", 14), ("sort_unique", 25)])
def test_the_papers_models_have_its_sizes_and_equal_their_programs(name: str, d_model: int) -> None:
    found = PAPER[name]()
    model = paper(name)
    assert model.config.d_model == d_model
    model.weights.verify()
    c = model.config
    possible = Sequences(c.vocabulary, c.sequences.lengths, repeats=not found.distinct)
    sequences = list(possible)[::3]
    for sequence, got in zip(sequences, model.batch(sequences), strict=True):
        expected = found.program(list(sequence))
        if model.numerical:
            assert got == pytest.approx(expected, abs=1e-6)
        else:
            assert list(map(identity, got)) == list(map(identity, expected))


def test_the_papers_models_hold_the_named_values() -> None:
    traced = paper("sort_unique").trace([3, 1, 5, 2])
    assert list(traced.variable("target_pos")) == [2, 0, 3, 1]
    assert list(paper("frac_prevs").trace("xax").variable("is_x")) == [1, 0, 1]


def test_a_model_of_the_paper_claims_no_certificate() -> None:
    assert not paper("frac_prevs").certificate.exact
    assert "not certified" in paper("frac_prevs").show()

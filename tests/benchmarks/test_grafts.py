"""The study of grafts trains on what it says, and its controls are what they are called."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from benchmarks.grafts import (  # noqa: E402
    LONGEST,
    Run,
    by_arm,
    differences,
    firsts,
    interval,
    new_model,
    sequences,
    steps_to,
    train,
)
from rasplab.lab.graft import Graft  # noqa: E402


def test_what_is_asked_is_the_first_token_that_occurred_as_often() -> None:
    ids = sequences(40, LONGEST, torch.Generator().manual_seed(0))
    for row, asked in zip(ids.tolist(), firsts(ids).tolist(), strict=True):
        counts: dict[int, int] = {}
        first: dict[int, int] = {}
        for token, wanted in zip(row, asked, strict=True):
            counts[token] = counts.get(token, 0) + 1
            assert first.setdefault(counts[token], token) == wanted


def grafted(arm: str) -> Graft:
    found = new_model(arm, 3)
    assert isinstance(found, Graft)
    return found


def test_hosts_of_one_seed_begin_alike_and_a_scrambled_graft_has_the_same_numbers() -> None:
    plain, frozen, scrambled = new_model("plain", 3), grafted("frozen"), grafted("scrambled")
    for own, one, other in zip(
        plain.parameters(), frozen.host.parameters(), scrambled.host.parameters(), strict=True
    ):
        assert torch.equal(own, one)
        assert torch.equal(own, other)
    assert frozen.intact
    assert not scrambled.intact
    for one, other in zip(frozen.part.parameters(), scrambled.part.parameters(), strict=True):
        assert torch.equal(one.flatten().sort().values, other.flatten().sort().values)


def test_the_wider_host_has_at_least_as_many_parameters_and_hardly_more() -> None:
    sizes = [sum(p.numel() for p in new_model(arm, 0).parameters()) for arm in ("frozen", "wider")]
    frozen, wider = sizes
    assert frozen <= wider < 1.01 * frozen


@pytest.mark.slow
def test_only_what_may_learn_does() -> None:
    assert train("frozen", 0, 1).intact
    assert not train("trainable", 0, 1).intact


def made(arm: str, seed: int, *accuracies: float) -> Run:
    rows = tuple(
        {"step": 100 * i, "accuracy in": a, "accuracy out": a, "loss in": 1 - a, "loss out": 1 - a}
        for i, a in enumerate(accuracies)
    )
    return Run(arm, seed, 100, 1.0, 7, True, rows)


def test_tables_compare_runs_of_one_seed() -> None:
    runs = [made("plain", 0, 0.1, 0.5), made("plain", 1, 0.1, 0.7)]
    runs += [made("frozen", 1, 0.2, 0.9), made("frozen", 0, 0.96, 0.97)]
    assert [arm for arm, _ in by_arm(runs)] == ["plain", "frozen"]
    assert steps_to(runs[2:], "accuracy in") == "0 (1/2)"
    line = differences(runs).splitlines()[-1]
    assert "0.335 ± 1.715" in line  # 0.2 and 0.47: 12.706 standard errors, of 0.135


def test_an_interval_of_one_run_is_none() -> None:
    assert interval([0.5]) == "0.500"

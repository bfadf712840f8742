"""Training: seeds reproduce, interruptions lose nothing, divergence harms nobody else."""

import contextlib
import functools
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

import rasplab
from rasplab.diagnostics import InputError
from rasplab.lab.compression import (
    FastRecipe,
    Member,
    PaperRecipe,
    Sweep,
    checkpoint,
    compress,
    domain,
)
from rasplab.lab.compression import results as files
from rasplab.lab.compression.directory import prepare
from rasplab.lab.compression.lbfgs import Lbfgs
from rasplab.lab.compression.maps import Parameters
from rasplab.lab.compression.objective import Losses, Objective, objective
from rasplab.lab.compression.recipes import Recipe
from rasplab.lab.realism import disguise
from rasplab.view.compression_figures import save_figures
from tests.lab.compression.models import compiled, paper

BRIEF = FastRecipe(steps=12, batch=8, beam=2, adjust=2, finish=14, patience=5)
PAPER_BRIEF = PaperRecipe(steps=30, batch=8)
RECIPES: tuple[Recipe, ...] = (BRIEF, PAPER_BRIEF)
WIDTHS = [6, 8]
"""Of ten: every dimension that is dropped takes as long as all other steps together."""


class KilledError(Exception):
    pass


def interrupted_at(step: int) -> object:
    def progress(done: int, total: int) -> None:
        if done == step:
            raise KilledError

    return progress


def tiny() -> rasplab.Model:
    return compiled("frac_prevs", vocab=2, length=2)


def sweep(recipe: Recipe, **options: object) -> Sweep:
    return compress(tiny(), WIDTHS, 2, recipe=recipe, **options)  # pyright: ignore[reportArgumentType]


@functools.cache
def trained(recipe: Recipe) -> Sweep:
    """One thread's sweep, which nothing changes: what others are compared with."""
    return sweep(recipe, threads=1)


@pytest.fixture(scope="module")
def checkpointed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The last checkpoint of a finished sweep."""
    place = tmp_path_factory.mktemp("sweep")
    sweep(BRIEF, directory=place)
    return (place / checkpoint.NAME).read_bytes()


def slow(*values: int) -> list[Any]:
    """Values that the everyday tests leave out."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


@pytest.mark.everyday(1)
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_seeds_reproduce_bit_for_bit(recipe: Recipe) -> None:
    one, other = trained(recipe), sweep(recipe)
    assert torch.equal(one.theta, other.theta)
    assert one.measures == other.measures
    starts = one.parameters.start(one.members, recipe.start)
    assert len({tuple(row.tolist()) for row in starts}) == len(one.members)


@pytest.mark.slow
@pytest.mark.parametrize("step", [13, *slow(1, 11, 12, 17, 20, 26)])
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_an_interrupted_sweep_goes_on_as_if_nothing_had_been(
    recipe: Recipe, step: int, tmp_path: Path
) -> None:
    with pytest.raises(KilledError):
        sweep(recipe, directory=tmp_path, progress=interrupted_at(step))
    assert (tmp_path / checkpoint.NAME).exists()
    assert torch.equal(sweep(recipe, directory=tmp_path).theta, trained(recipe).theta)


@pytest.mark.slow
@pytest.mark.parametrize("call", [60, *slow(3, 10, 20, 200, 320, 340)])
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_a_sweep_that_is_interrupted_within_a_step_goes_on_too(
    recipe: Recipe, call: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    plain = Objective.losses

    def losses(self: Objective, parameters: Parameters, theta: torch.Tensor) -> Losses:
        nonlocal calls
        calls += 1
        if calls == call:
            raise KeyboardInterrupt
        return plain(self, parameters, theta)

    whole = trained(recipe)
    monkeypatch.setenv("RASPLAB_CHECKPOINT_SECONDS", "0")
    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(Objective, "losses", losses)
        sweep(recipe, directory=tmp_path, threads=1)
    assert torch.equal(sweep(recipe, directory=tmp_path).theta, whole.theta)


def test_a_finished_sweep_is_not_trained_again(tmp_path: Path) -> None:
    done = sweep(PAPER_BRIEF, directory=tmp_path)
    again = sweep(PAPER_BRIEF, directory=tmp_path, progress=interrupted_at(1))
    assert torch.equal(done.theta, again.theta)
    assert again.seconds == pytest.approx(done.seconds, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("threads", [2, *slow(3)])
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_threads_make_no_difference(recipe: Recipe, threads: int) -> None:
    assert torch.equal(sweep(recipe, threads=threads).theta, trained(recipe).theta)


@pytest.mark.slow
def test_a_model_for_float64_is_compressed_in_float64(tmp_path: Path) -> None:
    program, vocab = rasplab.programs.get("sort").at(2, 3)
    model = rasplab.compile(program, vocab=vocab, max_length=3, optimize=0, dtype="float64")
    width, recipe = model.config.d_model - 2, replace(BRIEF, adjust=40, patience=1)
    made = compress(model, [width], 2, recipe=recipe, directory=tmp_path)
    assert made.theta.dtype == torch.float64
    assert made.best(width) in made.members
    best = made.compressed(made.best(width))
    assert {a.dtype for a in best.weights.arrays.values()} == {np.dtype("float64")}
    assert best.config.dtype == "float64"
    assert best.verify().accuracy == 1.0
    again = compress(model, [width], 2, recipe=recipe, directory=tmp_path)
    assert torch.equal(again.theta, made.theta)


@pytest.mark.slow
def test_a_sweep_of_other_options_is_not_resumed(tmp_path: Path, checkpointed: bytes) -> None:
    (tmp_path / checkpoint.NAME).write_bytes(checkpointed)
    with pytest.raises(InputError, match="seeds was 2 and is now 3") as caught:
        compress(tiny(), WIDTHS, 3, recipe=BRIEF, directory=tmp_path)
    assert caught.value.code == "E802"
    with pytest.raises(InputError, match="steps was 12 and is now 13"):
        sweep(replace(BRIEF, steps=13), directory=tmp_path)


@pytest.mark.slow
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, checkpointed: bytes) -> None:
    path = tmp_path / checkpoint.NAME
    path.write_bytes(b"nonsense")
    with pytest.raises(InputError, match="cannot be read"):
        sweep(BRIEF, directory=tmp_path)
    good = checkpointed
    tensors = safetensors.torch.load(good)
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(InputError, match="not as it was written"):
        sweep(BRIEF, directory=tmp_path)
    path.write_bytes(good[:500])
    with pytest.raises(InputError, match="cannot be read"):
        sweep(BRIEF, directory=tmp_path)
    for settings in (b"[]", b"null", b"3", b"{}"):
        tensors["settings"] = torch.tensor(list(settings), dtype=torch.uint8)
        path.write_bytes(safetensors.torch.save(tensors))
        with pytest.raises(InputError, match=r"cannot be read|not as it was written"):
            sweep(BRIEF, directory=tmp_path)


@pytest.mark.parametrize(
    "recipe", [FastRecipe(beam=1, adjust=3, finish=20), PaperRecipe()], ids=lambda r: r.name
)
def test_training_lowers_the_loss(recipe: Recipe) -> None:
    model = paper("frac_prevs")
    inputs = domain(model.config, most=64)
    longer = replace(recipe, steps=150, batch=64, first_rate=5e-3)
    made = compress(model, [10], 3, recipe=longer, inputs=inputs)
    start = made.parameters.start(made.members, recipe.start)
    before = made.objective.losses(made.parameters, start).total
    for first, found in zip(before.tolist(), made.measures, strict=True):
        assert found.loss < first / 2


def test_a_diverging_member_stops_and_the_rest_go_on() -> None:
    model = compiled("frac_prevs")
    wild = PaperRecipe(steps=30, batch=8, first_rate=0.5, last_rate=0.5)
    made = compress(model, [3, 6], 2, recipe=wild)
    lost = [m for m in made.measures if m.diverged]
    assert 0 < len(lost) < 4
    assert torch.isfinite(made.theta).all()
    rows = files.rows(made.measures)
    assert len(rows) == 2
    assert any("diverged" in row or "/" in row[1] for row in rows)


@pytest.mark.everyday(1)
@pytest.mark.parametrize(
    "recipe",
    [PaperRecipe(last_rate=1e6), FastRecipe(beam=0), FastRecipe(beam=0, finish=0)],
    ids=["paper", "fast", "descent"],
)
@pytest.mark.parametrize("steps", [1, 30])
def test_a_sweep_of_which_nothing_is_left_is_written_and_drawn(
    recipe: Recipe, steps: int, tmp_path: Path
) -> None:
    wild = replace(recipe, steps=steps, batch=8, first_rate=1e6)
    made = compress(compiled("frac_prevs"), [3, 6], 2, recipe=wild)
    assert all(m.diverged for m in made.measures)
    files.write(made, prepare(tmp_path / "out"))
    save_figures(made, tmp_path / "out/figures")
    assert {p.stem for p in (tmp_path / "out/figures").iterdir()} == {"losses", "cosines"}
    assert [row[1] for row in files.rows(made.measures)] == ["0/2", "0/2"]
    read = files.read_measures(json.loads((tmp_path / "out/sweep.json").read_text()))
    assert [m.member for m in read] == list(made.members)
    assert all(m.diverged and not m.loss < 1e6 for m in read)
    with pytest.raises(InputError, match="all members of width 3 diverged"):
        made.best(3)
    with pytest.raises(InputError, match="no width 4"):
        made.best(4)
    with pytest.raises(InputError, match="no d03-seed9"):
        made.compressed(Member(3, 9))


def test_members_that_do_not_diverge_are_what_they_are_alone() -> None:
    model = compiled("frac_prevs")
    made = objective(model.weights, domain(model.config))
    parameters = Parameters(made.network, "shared", 6)
    members = (Member(6, 0), Member(6, 1))
    training = PAPER_BRIEF.begin(made, parameters, members)
    training.theta[1] = torch.inf
    alone = PAPER_BRIEF.begin(made, parameters, members[:1])
    for _ in range(5):
        training.advance()
        alone.advance()
    assert training.alive.tolist() == [True, False]
    assert torch.equal(training.theta[:1], alone.theta)


def test_the_papers_schedule() -> None:
    recipe = PaperRecipe()
    assert (recipe.steps, recipe.batch, recipe.decay, recipe.betas) == (
        300_000,
        256,
        0.1,
        (0.9, 0.99),
    )
    assert recipe.rate(0) == 1e-3
    assert recipe.rate(75_000) == pytest.approx((1e-3 + 1e-6) / 2)
    assert recipe.rate(150_000) == recipe.rate(299_999) == pytest.approx(1e-6)


def test_second_order_steps_solve_many_problems_at_once() -> None:
    generator = torch.Generator().manual_seed(0)
    roots = torch.randn(5, 6, 6, generator=generator, dtype=torch.float64)
    curvature = roots @ roots.mT + 0.1 * torch.eye(6, dtype=torch.float64)
    goals = torch.randn(5, 6, generator=generator, dtype=torch.float64)

    def told(theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        off = theta - goals
        gradient = (curvature @ off[..., None])[..., 0]
        return 0.5 * (off * gradient).sum(dim=1), gradient

    theta = torch.zeros(5, 6, dtype=torch.float64)
    solver = Lbfgs.start(theta, *told(theta))
    losses = [solver.loss]
    for _ in range(120):
        solver.told(*told(solver.trial()))
        losses.append(solver.loss)
    assert all((after <= before).all() for before, after in pairwise(losses))
    assert torch.allclose(solver.theta, goals, atol=1e-5)


@pytest.mark.parametrize(
    ("widths", "seeds", "code"),
    [
        *(([0], 1, "E800"), ([99], 1, "E800"), ([], 1, "E800"), ([3.5], 1, "E800")),
        *(([3], 0, "E804"), ([3], 1.5, "E804"), ([3], True, "E804")),
    ],
)
def test_widths_and_seeds_that_cannot_be_are_refused(
    widths: list[Any], seeds: Any, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        compiled("frac_prevs").compress(widths, seeds)
    assert caught.value.code == code


def test_recipes_that_make_no_sense_are_refused() -> None:
    for options in (
        {"recipe": "slow"},
        {"recipe": FastRecipe(steps=0)},
        {"recipe": FastRecipe(beam=-1)},
        {"recipe": FastRecipe(adjust=0)},
        {"recipe": FastRecipe(patience=0)},
        {"recipe": FastRecipe(finish=-1)},
        {"recipe": PaperRecipe(batch=0)},
        {"recipe": FastRecipe(start="random")},  # pyright: ignore[reportArgumentType]
        {"sharing": "per_layer"},
        {"recipe": FastRecipe(steps=2.5)},  # pyright: ignore[reportArgumentType]
        {"recipe": FastRecipe(first_rate=float("nan"))},
        {"recipe": PaperRecipe(decay=-1.0)},
        {"recipe": FastRecipe(betas=(1.0, 1.0))},
        {"recipe": FastRecipe(betas=(0.9,))},  # pyright: ignore[reportArgumentType]
        {"recipe": FastRecipe(first_rate="x")},  # pyright: ignore[reportArgumentType]
        {"recipe": FastRecipe(first_rate=10**400)},
        {"recipe": None},
        {"recipe": FastRecipe},
        {"inputs": domain(compiled("frac_prevs", vocab=4, length=4).config)},
        {"device": "gpu"},
        {"device": "meta"},
        {"threads": 0},
    ):
        with pytest.raises(InputError) as caught:
            compiled("frac_prevs").compress([3], 1, **options)
        assert caught.value.code == "E804"


def test_a_time_between_checkpoints_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASPLAB_CHECKPOINT_SECONDS", "often")
    with pytest.raises(InputError, match="'often'") as caught:
        compiled("frac_prevs").compress([3], 1)
    assert caught.value.code == "E804"


def test_a_device_that_is_not_there_is_refused() -> None:
    if torch.cuda.is_available():
        pytest.skip("it is there")
    with pytest.raises(InputError, match="cannot compute on 'cuda'"):
        compiled("frac_prevs").compress([3], 1, device="cuda")


def test_a_disguised_model_is_not_taken_for_a_compressed_one() -> None:
    with pytest.raises(InputError, match="disguised") as caught:
        disguise(compiled("frac_prevs")).compress([2], 1)
    assert caught.value.code == "E801"


def test_what_is_compressed_already_is_refused() -> None:
    made = trained(BRIEF)
    for member in (Member(6, 0), Member(8, 1)):
        with pytest.raises(InputError, match="compressed already") as caught:
            made.compressed(member).compress([2], 1)
        assert caught.value.code == "E801"


def test_a_program_with_one_variable_is_refused() -> None:
    one = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=2)
    with pytest.raises(InputError) as caught:
        one.compress([1], 1)
    assert caught.value.code == "E801"


@pytest.mark.slow
def test_a_directory_is_new_resumed_or_replaced(tmp_path: Path, checkpointed: bytes) -> None:
    home = tmp_path / "sweep"
    (prepare(home) / checkpoint.NAME).write_bytes(checkpointed)
    files.write(trained(BRIEF), home)
    with pytest.raises(InputError) as caught:
        prepare(home)
    assert caught.value.code == "E803"
    assert prepare(home, resume=True) == home
    assert (home / checkpoint.NAME).exists()
    prepare(home, overwrite=True)
    assert not list(home.iterdir())
    (home / ".rasplab-0a.partial").write_text("killed while the first checkpoint was written")
    (home / "models/.rasplab-1.partial").mkdir(parents=True)
    (home / "models/.rasplab-1.partial/config.json").write_text("killed in a model")
    (home / "models/.rasplab-2.partial").symlink_to("nowhere")
    prepare(home, resume=True)
    assert [p.name for p in home.rglob("*")] == ["models"]
    (home / "thesis.tex").write_text("mine")
    for options in ({}, {"resume": True}, {"overwrite": True}):
        with pytest.raises(InputError, match=r"thesis\.tex"):
            prepare(home, **options)
    assert (home / "thesis.tex").exists()
    with pytest.raises(InputError, match="it is a file"):
        prepare(home / "thesis.tex", overwrite=True)
    with pytest.raises(InputError, match="not both"):
        prepare(home, resume=True, overwrite=True)


def test_a_sweep_is_replaced_where_a_link_points_to_and_cannot_be_below_a_file(
    tmp_path: Path,
) -> None:
    made = trained(BRIEF)
    files.write(made, prepare(tmp_path / "real"), models=False)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("nowhere")
    prepare(tmp_path / "link", overwrite=True)
    assert not list((tmp_path / "real").iterdir())
    prepare(tmp_path / "dangling")
    assert (tmp_path / "nowhere").is_dir()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="there can be no sweep in"):
        prepare(tmp_path / "file/below")


def test_a_directory_is_replaced_from_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = trained(BRIEF)
    files.write(made, prepare(tmp_path / "sweep"))
    monkeypatch.chdir(tmp_path / "sweep")
    files.write(made, prepare(Path(), overwrite=True), models=False)
    assert {p.name for p in (tmp_path / "sweep").iterdir()} == {
        *("results.csv", "sweep.json", "variables.csv")
    }
    (tmp_path / "sweep/mine").mkdir()
    with pytest.raises(InputError, match="it holds mine"):
        prepare(Path(), overwrite=True)


def test_results_without_a_checkpoint_are_not_resumed(tmp_path: Path) -> None:
    files.write(trained(BRIEF), tmp_path, models=False)
    with pytest.raises(InputError, match="cannot be resumed"):
        prepare(tmp_path, resume=True)
    prepare(tmp_path, overwrite=True)


@pytest.mark.parametrize(
    ("files_there", "named"),
    [
        (["models/gpt2.bin", "figures/losses.png"], "models/gpt2.bin"),
        (["figures/one.png", "results.csv"], "figures/one.png"),
        (["models/d04-seed0/notes.txt"], "models/d04-seed0/notes.txt"),
        (["my.rasplab-1.partial.txt"], "my.rasplab-1.partial.txt"),
        ([".rasplab-ab.partial/deep/thesis.tex"], ".rasplab-ab.partial/deep"),
        (["sub/.rasplab-ab.partial"], "sub"),
        (["figures/losses.png", "results.csv"], "no sweep that can be read"),
        (["sweep.json"], "no sweep that can be read"),
        (["checkpoint.safetensors"], "no sweep that can be read"),
    ],
)
def test_a_directory_that_only_looks_like_a_sweep_is_left_alone(
    files_there: list[str], named: str, tmp_path: Path
) -> None:
    for name in files_there:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('{"format": "another"}')
    for options in ({}, {"resume": True}, {"overwrite": True}):
        with pytest.raises(InputError, match=named):
            prepare(tmp_path, **options)
    assert all((tmp_path / name).exists() for name in files_there)


def test_numbers_of_other_libraries_are_written_too(tmp_path: Path) -> None:
    recipe = replace(BRIEF, steps=np.int64(5), first_rate=np.float32(0.01), beam=0)
    made = compress(compiled("frac_prevs"), np.arange(3, 5), 1, recipe=recipe, directory=tmp_path)
    files.write(made, tmp_path, models=False)
    assert json.loads((tmp_path / "sweep.json").read_text())["widths"] == [3, 4]
    with pytest.raises(InputError, match="there can be no sweep") as caught:
        compress(compiled("frac_prevs"), [3], 1, recipe=BRIEF, directory=tmp_path / "sweep.json")
    assert caught.value.code == "E803"


@pytest.mark.slow
def test_tokens_are_drawn_as_they_are(tmp_path: Path) -> None:
    program, _ = rasplab.programs.get("frac_prevs").at(2, 2)
    model = rasplab.compile(program.named("$x_{$"), vocab=["$", "x"], max_length=2, optimize=0)
    save_figures(compress(model, [3], 1, recipe=PAPER_BRIEF), tmp_path)
    assert len(list(tmp_path.glob("*.png"))) == 4


def test_results_are_written_for_other_programs(tmp_path: Path) -> None:
    made = trained(BRIEF)
    files.write(made, prepare(tmp_path / "out"))
    data = json.loads((tmp_path / "out/sweep.json").read_text())
    assert data["recipe"] == "fast"
    assert [(m["width"], m["seed"]) for m in data["members"]] == [(6, 0), (6, 1), (8, 0), (8, 1)]
    table = (tmp_path / "out/results.csv").read_text().splitlines()
    assert len(table) == 5
    head = "width,seed,loss,output_loss,layer_loss,accuracy,cosine,diverged,pruned"
    assert table[0].startswith(head)
    variables = (tmp_path / "out/variables.csv").read_text().splitlines()
    assert variables[0].startswith("width,seed,name,written,fate,dimensions,decoded")
    assert {line.split(",")[0] for line in variables[1:]} == {"6", "8"}
    loaded = rasplab.load(tmp_path / "out/models/d06-seed1")
    again = made.compressed(Member(6, 1))
    for name, array in again.weights.arrays.items():
        assert np.array_equal(array, loaded.weights.arrays[name])

"""Does a compiled part help a model that is trained? A small GPT-2 that has to count, with grafts.

python benchmarks/grafts.py --directory runs --figure docs/images > benchmarks/results/grafts.md

The task: at each position, the token that was the first to occur as often as the one here has now.
A graft is the library's `hist`, how often a token has occurred so far, and not the answer. Trained
on sequences of 16, at all positions of the position embeddings; asked on those and on 32.
The task and the learning rate were chosen by runs of seed 0, so that the graft comes into use.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from torch import Tensor, nn

import rasplab
from benchmarks.table import heading, markdown, progress
from rasplab.lab.graft import Graft, graft
from rasplab.weights.directory import write_file

ARMS = {
    "plain": "the GPT-2 alone",
    "frozen": "`hist` grafted in; its weights do not learn",
    "trainable": "`hist` grafted in; its weights learn, at a hundredth of the host's learning rate",
    "scrambled": "as frozen, the numbers of every array of the graft in another order",
    "wider": "the GPT-2 alone, with as many more hidden units as the graft has parameters",
    "fast": "as trainable, at the host's learning rate",
}
WORDS, TRAINED, LONGEST, WIDTH, LAYERS, HEADS = 8, 16, 32, 64, 2, 4
BATCH, ASKED, EVERY, RATE = 32, 256, 100, 3e-3
SLOWER = {"trainable": 0.01, "fast": 1.0}
"""Where a graft's weights learn, their learning rate as a part of that of the host's."""
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365}
"""By the number of seeds, what a standard error is multiplied by for an interval of 95 %."""
ENOUGH = 0.95
"""The accuracy of which it is counted how many steps it takes."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one arm did with one seed: a row per evaluation, `step` first."""

    arm: str
    seed: int
    steps: int
    seconds: float
    parameters: int
    intact: bool
    rows: tuple[dict[str, float], ...]

    def last(self, column: str) -> float:
        return self.rows[-1][column]

    def reached(self, column: str) -> float | None:
        """The first step from which the accuracy was `ENOUGH`, as far as it was measured."""
        return next((row["step"] for row in self.rows if row[column] >= ENOUGH), None)


# -- the task


def sequences(count: int, length: int, draw: torch.Generator) -> Tensor:
    """Token ids (count × length); some tokens are likelier, others in every sequence."""
    drawn = torch.rand(count, WORDS, generator=draw).clamp_min(2.0**-25)  # 0 comes up, too
    rates = drawn.log().neg()  # in the proportions of a flat Dirichlet
    return torch.multinomial(rates, length, replacement=True, generator=draw)


def firsts(ids: Tensor) -> Tensor:
    """At each position the token that was the first to occur as often as the token here has now."""
    counts = nn.functional.one_hot(ids, WORDS).cumsum(1)
    own = counts.gather(2, ids[..., None])[..., 0]  # how often the token here has occurred
    same = (own[:, :, None] == own[:, None, :]).long()
    return ids.gather(1, same.argmax(2))  # the first; the position itself is one of them


# -- the arms


def new_host(arm: str, more: int) -> Any:
    """A GPT-2 with fresh weights; the wider one has so many more parameters, or just above."""
    from transformers import GPT2Config, GPT2LMHeadModel

    units = 4 * WIDTH
    if arm == "wider":
        units += -(-more // (LAYERS * (2 * WIDTH + 1)))
    config = GPT2Config(
        vocab_size=WORDS, n_positions=LONGEST, n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS,
        n_inner=units, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, tie_word_embeddings=False,
        bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


def compiled() -> rasplab.Model:
    program, vocab = rasplab.programs.get("hist").at(WORDS, LONGEST)
    return rasplab.compile(program, vocab=vocab, max_length=LONGEST, causal=True)


def new_model(arm: str, seed: int) -> nn.Module:
    """The arm's model; hosts of one seed and shape begin alike."""
    model = compiled()
    torch.manual_seed(seed)
    lanes = model.config.d_model - 1  # all but the mark of BOS
    host = new_host(arm, model.weights.parameters() + lanes * WIDTH)
    if arm in ("plain", "wider"):
        return host
    tokens = dict(enumerate(model.config.vocabulary))
    grafted = graft(host, model, tokens=tokens, trainable=arm in SLOWER)
    if arm == "scrambled":
        scramble(grafted, seed)
    return grafted


def scramble(grafted: Graft, seed: int) -> None:
    """Put the numbers of every array of the graft in another order."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in grafted.part.parameters():
            order = torch.randperm(parameter.numel(), generator=draw)
            parameter.copy_(parameter.flatten()[order].view_as(parameter))


# -- a run


def train(arm: str, seed: int, steps: int) -> Run:
    """Train one arm on fresh sequences, the same ones in every arm for one seed."""
    began, draw = time.process_time(), torch.Generator().manual_seed(1000 + seed)
    model = new_model(arm, seed)
    optimizer = torch.optim.AdamW(groups(model, arm), RATE, weight_decay=0.01, fused=True)
    rows: list[dict[str, float]] = []
    for step in range(steps + 1):
        if step % EVERY == 0 or step == steps:
            rows.append({"step": step, **evaluate(model)})
        ids = sequences(BATCH, TRAINED, draw)
        start = torch.randint(0, LONGEST - TRAINED + 1, (BATCH, 1), generator=draw)
        for group in optimizer.param_groups:
            group["lr"] = group["rate"] * min(1.0, (step + 1) / 100, 10 * (1 - step / (steps + 1)))
        found = model(ids, position_ids=start + torch.arange(TRAINED), use_cache=False).logits
        loss = nn.functional.cross_entropy(found.flatten(0, 1), firsts(ids).flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    intact = model.intact if isinstance(model, Graft) else True
    count = sum(p.numel() for p in model.parameters())
    seconds = round(time.process_time() - began, 1)
    return Run(arm, seed, steps, seconds, count, intact, tuple(rows))


def groups(model: nn.Module, arm: str) -> list[dict[str, Any]]:
    """What learns, and how fast."""
    part = list(model.part.parameters()) if isinstance(model, Graft) else []
    rest = [p for p in model.parameters() if all(p is not q for q in part)]
    found: list[dict[str, Any]] = [{"params": rest, "rate": RATE}]
    if arm in SLOWER:
        found.append({"params": part, "rate": RATE * SLOWER[arm]})
    return found


@torch.no_grad()
def evaluate(model: nn.Module) -> dict[str, float]:
    """Loss and accuracy on sequences of the trained length, and beyond it on longer ones."""
    draw, found = torch.Generator().manual_seed(7), dict[str, float]()
    for name, length, first in (("in", TRAINED, 0), ("out", LONGEST, TRAINED)):
        ids = sequences(ASKED, length, draw)
        logits = model(ids, use_cache=False).logits[:, first:].flatten(0, 1)
        wanted = firsts(ids)[:, first:].flatten()
        found[f"loss {name}"] = float(nn.functional.cross_entropy(logits, wanted))
        found[f"accuracy {name}"] = float((logits.argmax(1) == wanted).double().mean())
    return found


def result(directory: Path, arm: str, seed: int, steps: int) -> Run:
    """A run, read where it has been made already with as many steps."""
    path = directory / f"{arm}-{seed}-{steps}.json"
    if path.exists():
        data = json.loads(path.read_text("utf-8"))
        return Run(**data | {"rows": tuple(data["rows"])})
    progress(f"{arm}, seed {seed}")
    run = train(arm, seed, steps)
    data = {name: getattr(run, name) for name in Run.__slots__}
    write_file(path, (json.dumps(data, indent=1) + "\n").encode())
    return run


# -- what comes out


def interval(values: Sequence[float], digits: int = 3) -> str:
    """The mean, and half of the interval of 95 % about it, by Student's t."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    half = STUDENT[len(values)] * stdev(values) / len(values) ** 0.5
    return f"{fmean(values):.{digits}f} ± {half:.{digits}f}"


COLUMNS = ("accuracy in", "accuracy out", "loss in", "loss out")


def table(runs: Sequence[Run]) -> str:
    rows: list[list[object]] = []
    for arm, own in by_arm(runs):
        ends = [interval([run.last(column) for run in own]) for column in COLUMNS]
        rows.append([arm, own[0].parameters, *ends, *(steps_to(own, c) for c in COLUMNS[:2])])
    first = [f"steps to {ENOUGH:.0%} {where}" for where in ("in", "out")]
    return markdown(["arm", "parameters", *COLUMNS, *first], rows)


def steps_to(own: Sequence[Run], column: str) -> str:
    """The mean number of steps, of the runs that came there; how many did."""
    found = [step for step in (run.reached(column) for run in own) if step is not None]
    return f"{fmean(found):.0f} ({len(found)}/{len(own)})" if found else f"(0/{len(own)})"


def differences(runs: Sequence[Run]) -> str:
    """Each arm minus the plain one of the same seed: first weights and data are the same."""
    plain = {run.seed: run for run in runs if run.arm == "plain"}
    rows: list[list[object]] = []
    for arm, own in by_arm(runs):
        if arm != "plain":
            gaps = [[r.last(c) - plain[r.seed].last(c) for r in own] for c in COLUMNS]
            rows.append([f"{arm} − plain", *map(interval, gaps)])
    return markdown(["difference", *COLUMNS], rows)


def course(runs: Sequence[Run], column: str) -> str:
    """The mean over seeds at some steps."""
    steps = [int(row["step"]) for row in runs[0].rows]
    chosen = steps[:: max(1, len(steps) // 8)]
    rows: list[list[object]] = []
    for arm, own in by_arm(runs):
        at = {s: fmean(r.rows[steps.index(s)][column] for r in own) for s in chosen}
        rows.append([arm, *(f"{at[s]:.3f}" for s in chosen)])
    return markdown([f"{column}, at step", *map(str, chosen)], rows)


def by_arm(runs: Iterable[Run]) -> list[tuple[str, list[Run]]]:
    found = [(arm, [run for run in runs if run.arm == arm]) for arm in ARMS]
    return [(arm, own) for arm, own in found if own]


def draw(runs: Sequence[Run], directory: Path) -> None:
    """Accuracy against steps, a line per arm and an area from the least to the greatest seed."""
    from rasplab.view import colours
    from rasplab.view.canvas import STYLE, new_figure, require_matplotlib

    with require_matplotlib().rc_context(STYLE):
        figure = new_figure(7.6, 3.2)
        figure.set_layout_engine("constrained")
        panels = figure.subplots(1, 2, sharey=True)
        own_colour = colours.by_variable(ARMS)
        titles = (f"positions 1–{TRAINED}, as trained", f"positions {TRAINED + 1}–{LONGEST}")
        for axes, column, title in zip(panels, COLUMNS[:2], titles, strict=True):
            for arm, own in by_arm(runs):
                steps = [row["step"] for row in own[0].rows]
                seen = list(zip(*([row[column] for row in run.rows] for run in own), strict=True))
                colour = own_colour[arm]
                axes.plot(steps, [fmean(at) for at in seen], color=colour, label=arm, linewidth=1.3)
                least, most = [min(at) for at in seen], [max(at) for at in seen]
                axes.fill_between(steps, least, most, color=colour, alpha=0.15, linewidth=0)
            axes.set_title(title, fontsize=8.5, color=colours.INK)
            axes.set_xlabel("steps", fontsize=8.5)
            axes.tick_params(labelsize=7)
        panels[0].set_ylabel("accuracy", fontsize=8.5)
        panels[1].legend(fontsize=7, frameon=False, loc="center right")
        import io

        image = io.BytesIO()
        figure.savefig(image, format="png", dpi=160, metadata={"Software": None})
        write_file(directory / "grafts-accuracy.png", image.getvalue())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--directory", type=Path, required=True, help="of results, taken up again")
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--figure", type=Path, help="the directory that gets the figure")
    options = parser.parse_args()
    options.directory.mkdir(exist_ok=True)
    arms = options.arms.split(",")
    runs = [
        result(options.directory, arm, seed, options.steps)
        for seed in range(options.seeds)
        for arm in arms
    ]
    if any(not run.intact for run in runs if run.arm == "frozen"):
        raise SystemExit("a frozen graft has changed")
    report(runs, options.steps)
    if options.figure is not None:
        draw(runs, options.figure)


def report(runs: Sequence[Run], steps: int) -> None:
    seeds, minutes = len({run.seed for run in runs}), sum(run.seconds for run in runs) / 60
    print(f"`{heading()}`\n")
    print(
        f"GPT-2 of {LAYERS} layers, width {WIDTH}, {HEADS} heads; {WORDS} tokens; trained for "
        f"{steps} steps of {BATCH} sequences of length {TRAINED}, asked at the {TRAINED} positions "
        f"of such (in) and at the positions {TRAINED + 1} to {LONGEST} of longer ones (out). "
        f"{seeds} seeds, {minutes:.0f} CPU minutes. "
        "The task and the learning rate were chosen by runs of seed 0, so that the graft comes "
        "into use. The arms:\n"
    )
    print("\n".join(f"- {arm}: {ARMS[arm]}" for arm, _ in by_arm(runs)))
    print(f"\nAt the end, the mean over seeds and its interval of 95 %:\n\n{table(runs)}\n")
    if any(run.arm == "plain" for run in runs):
        print(f"The same, less what plain has with the same seed:\n\n{differences(runs)}\n")
    for column in COLUMNS[:2]:
        print(f"{course(runs, column)}\n")


if __name__ == "__main__":
    main()

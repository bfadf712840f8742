"""The pictures of docs/realism.md: every dial, before and after, of a histogram where it can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

import rasplab
from rasplab import programs, view
from rasplab.lab.compression import FastRecipe
from rasplab.lab.realism import back_up, disguise, distract, duplicate, superposed
from rasplab.view import FigurePicture, Picture, colours
from rasplab.view.canvas import STYLE, new_figure, panels_across, require_matplotlib
from rasplab.view.figures import EDGE, restyled
from rasplab.view.look import NARROW, READABLE, Look
from rasplab.weights import PAD_ID, NamedDirection, encode, forward
from rasplab.weights.dressing import Lanes, sharpness
from rasplab.weights.forward import activated

if TYPE_CHECKING:
    from rasplab.view.canvas import Panel

ALONE: dict[str, Any] = {"rotate": False, "permute": False, "mix_heads": False}
AT: dict[str, Any] = {"vocab": "abc", "max_length": 4}
WIDE = 7.6
"""Inches of a figure for a page."""
TITLE, LABEL = 8.5, 7.5
"""Points of its texts; on a narrow screen none is below `READABLE`."""
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
Draw: TypeAlias = "Callable[..., Picture]"
"""What draws a picture, `dark` or not, for a `size`."""


def save_all(directory: Path) -> None:
    """All of them, on light and dark ground, for wide windows and narrow ones."""
    hist = compiled("hist")
    drawn = {f"{name}.png": draw for name, draw in (*matrices(hist), *figures(hist))}
    drawn |= {f"{name}-circuit.svg": draw for name, draw in circuits(hist)}
    for dark, end in ((False, ""), (True, "-dark")):
        for size, narrow in ((None, ""), (NARROW, "-narrow")):
            for file, draw in drawn.items():
                name, _, ending = file.partition(".")
                draw(dark=dark, size=size).save(directory / f"{name}{end}{narrow}.{ending}")


def compiled(name: str) -> rasplab.Model:
    return rasplab.compile(programs.get(name).build(), **AT)


# -- weights of a part


def matrices(hist: rasplab.Model) -> Iterable[tuple[str, Draw]]:
    """The head that counts as it is, rotated and behind norms; its hidden units, permuted."""
    behind = disguise(hist, norm="layer", **ALONE)
    config, named = behind.config, hist.weights.circuit.directions
    lanes = tuple(
        NamedDirection(config.bare.d_model + i, name, (), "")
        for i, name in enumerate(Lanes(config.norm, config.bare.d_model).names)
    )
    rotated = as_stored(disguise(hist, rotate=True, permute=False, mix_heads=False))
    permuted = disguise(hist, rotate=False, permute=True, mix_heads=False, seed=1)
    yield "norm-before", partial(view.weights, hist, 0, 0)
    yield "norm-behind", partial(view.weights, as_stored(behind, (*named, *lanes)), 0, 0)
    yield "rotate-stored", partial(view.weights, rotated, 0, 0)
    yield "permute-before", partial(view.weights, hist, 0)
    yield "permute-after", partial(view.weights, permuted, 0)


def as_stored(
    model: rasplab.Model, columns: tuple[NamedDirection, ...] | None = None
) -> rasplab.Model:
    """A disguised model, seen along the columns of its stream rather than the named directions."""
    weights = model.weights
    columns = columns or tuple(
        NamedDirection(i, f"column {i}", (), "") for i in range(weights.config.d_model)
    )
    circuit = replace(weights.circuit, directions=columns)
    return rasplab.Model(replace(weights, bases={}, nominal=None, circuit=circuit))


# -- figures of two panels, before and after


@dataclass(frozen=True, slots=True)
class Two:
    """A figure with one panel for before and one for after; below each other if it is narrow."""

    title: str
    before: Callable[[Panel], None]
    after: Callable[[Panel], None]
    height: float = 2.6

    def __call__(self, *, dark: bool, size: float | None) -> Picture:
        """On light or dark ground, for a width in inches if it is a narrow one."""
        narrow = size is not None
        width = size or WIDE
        with require_matplotlib().rc_context(STYLE):
            figure = new_figure(width, self.height * (1.75 if narrow else 1) + 0.35)
            figure.set_layout_engine("constrained")
            panels = panels_across(figure, 1, 2) if narrow else panels_across(figure, 2)
            for panel, draw in zip(panels, (self.before, self.after), strict=True):
                draw(panel)
                panel.tick_params(
                    labelsize=max(READABLE, LABEL - 1), color=colours.WIRE, labelcolor=colours.MUTED
                )
            figure.suptitle(
                self.title, x=0.01, ha="left", fontsize=TITLE + 1, fontweight="bold",
                color=colours.INK,
            )  # fmt: skip
        return FigurePicture(restyled(figure, Look(dark=dark)))


def figures(hist: rasplab.Model) -> Iterable[tuple[str, Draw]]:
    """Noise by the sizes of weights, smooth units by what they read, superposition by angles."""
    yield "noise-sizes", noise()
    yield "activation-units", units(hist)
    yield "superposed-angles", angles(hist)


def noise() -> Two:
    """How large the weights of a model are, without noise and with it."""
    model = compiled("previous_token")
    noisy = disguise(model, noise_share=0.5, **ALONE)
    edges = np.linspace(-6, 3, 37)

    def panel(one: rasplab.Model, name: str) -> Callable[[Panel], None]:
        sizes = np.abs(np.concatenate([a.ravel() for a in one.weights.arrays.values()]))
        counts, _ = np.histogram(np.log10(sizes[sizes > 0]), edges)
        zero = int((sizes == 0).sum())

        def draw(axes: Panel) -> None:
            axes.bar([-6.6], [zero], width=0.4, color=colours.VARIABLES[1])
            axes.bar(
                edges[:-1], counts, width=np.diff(edges), align="edge", color=colours.VARIABLES[0]
            )
            ink: dict[str, Any] = {"fontsize": LABEL, "color": colours.INK}
            axes.text(-6.6, zero, f"{zero}", ha="center", va="bottom", **ink)
            axes.set_ylim(0, 1.12 * sizes.size)
            axes.set_xticks([-6.6, -4, -2, 0, 2], ["0", "10⁻⁴", "10⁻²", "1", "100"])
            axes.set_title(name, loc="left", fontsize=TITLE, color=colours.INK)
            axes.set_xlabel("size of a weight", fontsize=LABEL, color=colours.INK)
            axes.set_ylabel("weights", fontsize=LABEL, color=colours.INK)
            bare(axes)

        return draw

    done = noisy.manifest.disguise
    assert done is not None
    scale = f"{done.noise:.1g}"
    return Two(
        f"{model.name}: how large its weights are",
        panel(model, "as compiled"),
        panel(noisy, f"with noise of {scale}, half of the margin"),
    )


def units(hist: rasplab.Model) -> Two:
    """What the hidden units read and what becomes of it, as relus and as gelus."""
    smooth = disguise(hist, activation="gelu", **ALONE)
    sharp = sharpness(hist.config.dtype)
    power = "2" + str(round(np.log2(sharp))).translate(SUPERSCRIPT)

    def panel(one: rasplab.Model, name: str, by: float) -> Callable[[Panel], None]:
        before, after = read_by_units(one, by)

        def draw(axes: Panel) -> None:
            z = np.linspace(-1.6, 1.6, 400)
            if by > 1:
                axes.plot(
                    z,
                    activated("gelu", z),
                    color=colours.MUTED,
                    linewidth=1.0,
                    linestyle=(0, (4, 3)),
                )
                axes.text(-1.5, 0.1, "gelu of what relus read", fontsize=LABEL, color=colours.MUTED)
            axes.plot(z, activated("relu", z), color=colours.VARIABLES[0], linewidth=1.4)
            axes.plot(
                before, after, linestyle="", marker="o", markersize=4.5, color=colours.VARIABLES[1]
            )
            axes.set_xlim(-1.6, 1.6)
            axes.set_ylim(-0.3, 1.7)
            axes.set_title(name, loc="left", fontsize=TITLE, color=colours.INK)
            times = "" if by == 1 else f" / {power}"
            axes.set_xlabel(f"what a unit reads{times}", fontsize=LABEL, color=colours.INK)
            axes.set_ylabel(f"its activation{times}", fontsize=LABEL, color=colours.INK)
            bare(axes)

        return draw

    return Two(
        "hist: its hidden units on every input",
        panel(hist, "relus", 1.0),
        panel(smooth, f"gelus that read {power} times as much", sharp),
    )


def read_by_units(model: rasplab.Model, by: float) -> tuple[Any, Any]:
    """Each pair of what a unit reads and what it makes of it, at every position of every input."""
    seen: dict[str, Any] = {}
    ids = encode(model.config, list(model.config.sequences))
    forward(model.weights, ids, seen.__setitem__)
    w, there = model.weights.arrays, ids != PAD_ID
    pre = (seen["blocks.0.hook_resid_mid"] @ w["blocks.0.mlp.W_in"] + w["blocks.0.mlp.b_in"])[there]
    pre, post = pre / by, seen["blocks.0.mlp.hook_post"][there] / by
    pairs = np.unique(np.round(np.stack([pre.ravel(), post.ravel()], 1), 2), axis=0)
    pairs = pairs[np.abs(pairs[:, 0]) < 1.6]
    return pairs[:, 0], pairs[:, 1]


def angles(hist: rasplab.Model) -> Two:
    """How directions lie to each other, as compiled and in superposition."""
    recipe = FastRecipe(steps=400, beam=2, adjust=20, finish=200)
    small = superposed(hist, 7, seeds=2, recipe=recipe, rotate=True)
    labels = [d.label for d in hist.weights.circuit.directions]
    write = small.weights.bases[next(iter(small.weights.bases))].write.astype(np.float64)
    write /= np.linalg.norm(write, axis=1, keepdims=True)
    count = len(labels)

    def panel(gram: Any, name: str) -> Callable[[Panel], None]:
        def draw(axes: Panel) -> None:
            axes.pcolormesh(
                gram[::-1], cmap=colours.scale(), vmin=-1, vmax=1, edgecolors=EDGE, linewidth=0.5
            )
            ticks = np.arange(count) + 0.5
            axes.set_yticks(ticks, labels[::-1])
            axes.set_xticks(ticks, labels, rotation=90)
            axes.set_title(name, loc="left", fontsize=TITLE, color=colours.INK)
            axes.set_aspect("equal")
            for side in ("top", "right", "left", "bottom"):
                axes.spines[side].set_visible(False)

        return draw

    right = dict(small.certificate.measurements)["accuracy"]
    return Two(
        "hist: cosines between directions",
        panel(np.eye(count), f"as compiled, {count} dimensions"),
        panel(write @ write.T, f"in {small.config.d_model} dimensions, {right:.0%} right"),
        height=3.4,
    )


def bare(axes: Panel) -> None:
    """Without what is not read."""
    axes.grid(color=EDGE, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


# -- circuits


def circuits(hist: rasplab.Model) -> Iterable[tuple[str, Draw]]:
    """Of models with parts that act together or beside, and of the models before."""
    previous, reverse = compiled("previous_token"), compiled("reverse")
    models = {
        "previous": previous,
        "majority": duplicate(previous, "previous_token", 3, readers="majority"),
        "backup": back_up(previous, "previous_token"),
        "hist": hist,
        "beside": distract(hist, reverse),
        "cancelled": distract(hist, reverse, cancelled=True),
        "pair": distract(hist, reverse, cancelled="heads"),
        "copies": duplicate(hist, "hist", 2),
    }
    for name, model in models.items():
        # at this level hidden units of what stands beside are nodes of their own
        truth = model.circuit(level="component", ablation="zero")
        yield name, partial(view.circuit, truth, model)

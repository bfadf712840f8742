"""The architecture as data: the steps of a forward pass, and the sites of the stream between them.

Whoever runs a model iterates over `Architecture.steps`. Whoever speaks of a place in the residual
stream holds a `Site`. TransformerLens's names of both are made here and nowhere else.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rasplab.display import shorten

Kind: TypeAlias = Literal["attn", "mlp"]
Activation: TypeAlias = Literal["relu", "reglu", "gelu", "silu"]
"""What hidden units are: relu(x); GPT-2's gelu, by its tanh; silu, x / (1 + exp(-x)); or gated,
relu(g) · x, for which no forward pass is written."""
Norm: TypeAlias = Literal["none", "layer", "rms"]
"""What stands between the stream and each of its readers: x less its mean, or x as it is, divided
by the root of its mean square and an epsilon, times a gain for each lane."""


@dataclass(frozen=True, eq=False)
class Site:
    """A point of the residual stream: after the embeddings, or after a half-layer.

    Sites are ordered as a forward pass comes to them. One prints as `embed`, `0.attn` or `2.mlp`
    and is equal to that text, as which it may be written wherever a site is looked for.

    >>> Site(0, "attn") < Site(0, "mlp") < Site(1, "attn"), EMBED < Site(0, "attn")
    (True, True)
    >>> str(Site(2, "mlp")), Site.read("2.mlp") == Site(2, "mlp") == "2.mlp"
    ('2.mlp', True)
    """

    # no slots here and below: what is derived from the fields is kept beside them
    layer: int
    half: Literal["embed", "attn", "mlp"]

    @staticmethod
    def read(text: str) -> Site:
        """The site that prints as a text.

        Raises:
            ValueError: none does.
        """
        layer, _, half = text.partition(".")
        if text == "embed":
            return EMBED
        if (half == "attn" or half == "mlp") and layer.isascii() and layer.isdecimal():
            return Site(int(layer), half)
        raise ValueError(f"{text!r} is no site, such as 'embed' or '0.attn'")

    @functools.cached_property
    def text(self) -> str:
        """As which it prints."""
        return self.half if self.layer < 0 else f"{self.layer}.{self.half}"

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        text = other.text if isinstance(other, Site) else other
        return self.text == text

    def __hash__(self) -> int:
        return hash(self.text)  # as that of the text, to which it is equal

    @functools.cached_property
    def order(self) -> int:
        """What sites are ordered by."""
        return 2 * self.layer + (self.half == "mlp")

    def __lt__(self, other: Site) -> bool:
        return self.order < other.order

    def __le__(self, other: Site) -> bool:
        return self.order <= other.order


EMBED = Site(-1, "embed")
"""Where the embeddings alone have been written."""


@dataclass(frozen=True)
class Step:
    """One step of a forward pass: attention or an MLP, which reads the stream and adds to it.

    `layer` counts through the whole pass and names its activations; `block` names its weights. In
    a loop the same block comes again in later layers, the first time with `iteration` 0.
    """

    kind: Kind
    layer: int
    block: int
    iteration: int = 0

    @functools.cached_property
    def site(self) -> Site:
        """The site at which it has written."""
        return Site(self.layer, self.kind)

    @functools.cached_property
    def weights(self) -> str:
        """With what the names of its arrays begin: `blocks.0.attn.` and so on."""
        return f"blocks.{self.block}.{self.kind}."

    @property
    def reading(self) -> tuple[str, ...]:
        """The names of its arrays that read the stream."""
        parts = ("W_Q", "W_K", "W_V") if self.kind == "attn" else ("W_in",)
        return tuple(f"{self.weights}{part}" for part in parts)

    @functools.cached_property
    def norm(self) -> str:
        """With what the names of its norm's arrays begin, where it has one: `blocks.0.ln1.`."""
        return norm_of(self.block, self.kind)

    @functools.cached_property
    def inner_norm(self) -> str:
        """With what the names of its norm's activations begin: `blocks.0.ln1.` and so on."""
        return norm_of(self.layer, self.kind)

    @property
    def writing(self) -> str:
        """The name of its array that writes the stream."""
        return f"{self.weights}{'W_O' if self.kind == 'attn' else 'W_out'}"

    @functools.cached_property
    def inner(self) -> str:
        """With what the names of its inner activations begin: `blocks.0.attn.` and so on."""
        return f"blocks.{self.layer}.{self.kind}."

    @functools.cached_property
    def out(self) -> str:
        """The name of what it adds to the stream."""
        return f"blocks.{self.layer}.hook_{self.kind}_out"

    @functools.cached_property
    def reads_whole(self) -> str:
        """The name of the stream before the first step of its layer."""
        return f"blocks.{self.layer}.hook_resid_pre"

    def into(self, part: str) -> str:
        """The name of what one reader of it reads: `mlp`, or `q`, `k` or `v` of every head."""
        return f"blocks.{self.layer}.hook_{'mlp_in' if part == 'mlp' else f'{part}_input'}"


Steps: TypeAlias = "tuple[Step, ...]"

LAST_NORM = "ln_final."
"""With what the names of the norm before the read-out begin."""


def norm_of(number: int, kind: Kind) -> str:
    """With what the names of the norm before attention or an MLP begin.

    >>> norm_of(0, "attn"), norm_of(2, "mlp")
    ('blocks.0.ln1.', 'blocks.2.ln2.')
    """
    return f"blocks.{number}.{'ln1' if kind == 'attn' else 'ln2'}."


@dataclass(frozen=True)
class Architecture:
    """What a forward pass does, in order: the schedule of its steps, and what all steps share.

    `causal` is the masking: whether a query sees only keys up to its own position.

    >>> print(layered(1))
    0.attn, 0.mlp; relu, bidirectional
    >>> looped = layered(2, (Step("mlp", 0, 0), Step("mlp", 1, 0, 1)), causal=True)
    >>> print(looped)
    0.mlp, 1.mlp (block 0 again); relu, causal
    """

    steps: Steps
    activation: Activation = "relu"
    norm: Norm = "none"
    causal: bool = False
    epsilon: float = 0.0

    def __repr__(self) -> str:
        return f"<architecture: {shorten(str(self), 100)}>"

    @functools.cached_property
    def sites(self) -> tuple[Site, ...]:
        """All sites, in order."""
        return (EMBED, *(step.site for step in self.steps))

    @functools.cached_property
    def depth(self) -> int:
        """The number of layers that a forward pass goes through."""
        return 1 + max((step.layer for step in self.steps), default=-1)

    @property
    def last(self) -> Site:
        """The site that the read-out reads."""
        return self.sites[-1]

    def step(self, site: Site) -> Step:
        """The step that has written last at a site after the embeddings."""
        return self._steps[site]

    def after(self, site: Site) -> tuple[tuple[Step, str], ...]:
        """The steps that are still to come at a site, and the name of the stream after each."""
        return self._after[site]

    def attends(self, site: Site) -> bool:
        """Whether attention is still to come at a site."""
        return self._last_attention is not None and site < self._last_attention

    def read_by(self, step: Step) -> Site:
        """The site at which a step reads the stream."""
        return self._read_by[step.site]

    def stream(self, site: Site) -> str:
        """TransformerLens's name of the residual stream at a site.

        >>> [layered(1).stream(site) for site in layered(1).sites]
        ['blocks.0.hook_resid_pre', 'blocks.0.hook_resid_mid', 'blocks.0.hook_resid_post']
        """
        return self._streams[site]

    @functools.cached_property
    def streams(self) -> dict[str, Site]:
        """The sites, by TransformerLens's name of the stream there."""
        return {name: site for site, name in self._streams.items()}

    @functools.cached_property
    def along_stream(self) -> dict[str, Site]:
        """By name every activation whose last axis is the stream's, and the site of its frame."""
        found = dict(self.streams)
        for step in self.steps:
            found.setdefault(step.reads_whole, self.read_by(step))
            found[step.out] = found[f"{step.inner}hook_result"] = step.site
        return found

    @functools.cached_property
    def blocks(self) -> tuple[tuple[int, Kind], ...]:
        """The number and kind of every block of weights, in order."""
        return tuple(sorted({(step.block, step.kind) for step in self.steps}))

    @functools.cached_property
    def layers(self) -> tuple[Steps, ...]:
        """The steps of every layer."""
        return tuple(tuple(s for s in self.steps if s.layer == n) for n in range(self.depth))

    @functools.cached_property
    def standard(self) -> bool:
        """Whether every layer is attention and then an MLP with weights of its own, plain relus."""
        same = layered(self.depth).steps == self.steps
        return same and self.activation == "relu" and self.norm == "none"

    @functools.cached_property
    def unbuilt(self) -> str | None:
        """What no forward pass is written for, in words."""
        return None if self.activation != "reglu" else f"the activation {self.activation!r}"

    @functools.cached_property
    def _last_attention(self) -> Site | None:
        return next((s.site for s in reversed(self.steps) if s.kind == "attn"), None)

    @functools.cached_property
    def _steps(self) -> dict[Site, Step]:
        return {step.site: step for step in self.steps}

    @functools.cached_property
    def _after(self) -> dict[Site, tuple[tuple[Step, str], ...]]:
        named = tuple((step, self.stream(step.site)) for step in self.steps)
        return {site: named[i:] for i, site in enumerate(self.sites)}

    @functools.cached_property
    def _read_by(self) -> dict[Site, Site]:
        return dict(zip(self.sites[1:], self.sites[:-1], strict=True))

    @functools.cached_property
    def _streams(self) -> dict[Site, str]:
        """The stream after a layer's last step is its `post`, after attention before that `mid`."""
        found = {EMBED: self.steps[0].reads_whole if self.steps else "hook_embed"}
        for steps in self.layers:
            for step in steps:
                end = "post" if step is steps[-1] else "mid"
                found[step.site] = f"blocks.{step.layer}.hook_resid_{end}"
        return found

    def __str__(self) -> str:
        steps = ", ".join(
            f"{step.site}" + (f" (block {step.block} again)" if step.iteration else "")
            for step in self.steps
        )
        masking = "causal" if self.causal else "bidirectional"
        norm = "" if self.norm == "none" else f", {self.norm} norm with ε {self.epsilon:g}"
        return f"{steps or 'no steps'}; {self.activation}{norm}, {masking}"


@functools.lru_cache(maxsize=256)
def layered(
    n_layers: int,
    steps: Steps | None = None,
    activation: Activation = "relu",
    norm: Norm = "none",
    *,
    causal: bool = False,
    epsilon: float = 0.0,
) -> Architecture:
    """An architecture of `steps`, by default of layers that are attention and then an MLP each."""
    if steps is None:
        kinds: tuple[Kind, ...] = ("attn", "mlp")
        steps = tuple(Step(kind, n, n) for n in range(n_layers) for kind in kinds)
    return Architecture(steps, activation, norm, causal, epsilon)

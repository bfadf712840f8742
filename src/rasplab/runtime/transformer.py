"""The whole transformer in PyTorch, to be read in one sitting.

Shapes are written b (sequences), n (positions, BOS first), d (directions of the residual stream),
h (heads), k (coordinates of a head), m (hidden units). Scores are plain products q · k, with no
1/sqrt(k); there is no layer norm, and hidden units are relus, unless the configuration says
otherwise. Token 0 is BOS, token 1 is PAD, and no position ever attends to PAD.

Parameters have the names of the weights' arrays (`blocks.0.attn.W_Q`). Every activation passes a
`HookPoint` with TransformerLens's name and axes (`blocks.0.attn.hook_pattern`: b h query key).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.rasp.values import Value
from rasplab.runtime.certified import Certified
from rasplab.weights import PAD_ID, Config, Step, codec
from rasplab.weights.ids import check_positions

Hook = Callable[..., Tensor | None]
"""A function `(activation, hook) -> activation | None`, as in TransformerLens."""

_REGISTERED = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class HookPoint(nn.Identity):
    """The place of one activation: passes it on, through whatever hooks are registered here."""

    name: str = ""

    @property
    def watched(self) -> bool:
        """Whether any hook is registered here."""
        return any(vars(self)[kind] for kind in _REGISTERED)


class Embed(nn.Module):
    """A row of directions per token."""

    def __init__(self, d_vocab: int, d_model: int) -> None:
        super().__init__()
        self.W_E = _parameter(d_vocab, d_model)

    def forward(self, ids: Tensor) -> Tensor:  # b n -> b n d
        return functional.embedding(ids, self.W_E)


class PosEmbed(nn.Module):
    """A row of directions per position."""

    def __init__(self, n_ctx: int, d_model: int) -> None:
        super().__init__()
        self.W_pos = _parameter(n_ctx, d_model)

    def forward(self, ids: Tensor) -> Tensor:  # b n -> 1 n d
        return self.W_pos[None, : ids.shape[1]]


class Norm(nn.Module):
    """What stands between the stream and a reader, if anything: x over its own size, times w."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.kind, self.epsilon = c.norm, c.norm_epsilon
        if self.kind != "none":
            self.w = _parameter(c.d_model)
            self.hook_scale, self.hook_normalized = HookPoint(), HookPoint()

    def forward(self, x: Tensor) -> Tensor:  # b n d -> b n d
        if self.kind == "none":
            return x
        if self.kind == "layer":
            x = x - x.mean(dim=-1, keepdim=True)
        square = (x * x).mean(dim=-1, keepdim=True)
        scale = self.hook_scale((square + self.epsilon).sqrt())  # b n 1
        return self.hook_normalized(x / scale * self.w)


class Attention(nn.Module):
    """Heads that look at other positions: z = softmax(q · k) v, written through W_O."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.W_Q, self.b_Q = _heads(c), _parameter(c.n_heads, c.d_head)  # h d k, h k
        self.W_K, self.b_K = _heads(c), _parameter(c.n_heads, c.d_head)
        self.W_V, self.b_V = _heads(c), _parameter(c.n_heads, c.d_head)
        self.W_O = _parameter(c.n_heads, c.d_head, c.d_model)  # h k d
        self.hook_q, self.hook_k, self.hook_v = HookPoint(), HookPoint(), HookPoint()
        self.hook_attn_scores, self.hook_pattern = HookPoint(), HookPoint()
        self.hook_z, self.hook_result = HookPoint(), HookPoint()

    def forward(self, x: Tensor, mask: Tensor, fused: bool) -> Tensor:  # b n d -> b n d
        if not self.W_O.numel():
            return torch.zeros_like(x)
        q, k, v = self._read(x).chunk(3, dim=2)  # b n h k
        q, k, v = self.hook_q(q), self.hook_k(k), self.hook_v(v)
        attend = self._fused if fused and not self._watched else self._step_by_step
        z = self.hook_z(attend(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), mask))
        if self.hook_result.watched:
            result = self.hook_result(torch.einsum("bnhk,hkd->bnhd", z, self.W_O))
            return result.sum(dim=2)
        return _affine(z.flatten(2), self.W_O.flatten(0, 1))  # b n (h k), (h k) d

    def _read(self, x: Tensor) -> Tensor:  # b n d -> b n 3h k
        """Queries, keys and values of all heads in one product."""
        weight = torch.cat([self.W_Q, self.W_K, self.W_V])  # 3h d k
        bias = torch.cat([self.b_Q, self.b_K, self.b_V])  # 3h k
        read = _affine(x, weight.transpose(0, 1).flatten(1), bias.flatten())  # b n (3h k)
        return read.view(*x.shape[:2], *bias.shape)

    def _step_by_step(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        scores = self.hook_attn_scores(q @ k.transpose(2, 3) + mask)  # b h query key
        pattern = self.hook_pattern(scores.softmax(dim=3))
        return (pattern @ v).transpose(1, 2)  # b n h k

    def _fused(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        """The same in one kernel, which never forms the pattern."""
        z = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=1.0)
        return z.transpose(1, 2)  # b n h k

    @property
    def _watched(self) -> bool:
        return self.hook_attn_scores.watched or self.hook_pattern.watched


class MLP(nn.Module):
    """Hidden units that look at one position: relu(x W_in + b_in) W_out."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.activation = _ACTIVATIONS[c.activation]
        self.W_in, self.b_in = _parameter(c.d_model, c.d_mlp), _parameter(c.d_mlp)
        self.W_out = _parameter(c.d_mlp, c.d_model)
        self.hook_pre, self.hook_post = HookPoint(), HookPoint()

    def forward(self, x: Tensor) -> Tensor:  # b n d -> b n d
        if not self.b_in.numel():
            return torch.zeros_like(x)
        pre = self.hook_pre(_affine(x, self.W_in, self.b_in))  # b n m
        return _affine(self.hook_post(self.activation(pre)), self.W_out)


class Block(nn.Module):
    """One layer: what its steps write, attention and then an MLP, is added to the stream."""

    def __init__(self, c: Config, steps: Sequence[Step]) -> None:
        super().__init__()
        kinds = [step.kind for step in steps]
        self.attn = Attention(c) if "attn" in kinds else None
        self.mlp = MLP(c) if "mlp" in kinds else None
        self.ln1, self.ln2 = (Norm(c) if part else None for part in (self.attn, self.mlp))
        if self.attn:
            self.hook_attn_out = HookPoint()
        if self.mlp:
            self.hook_mlp_out = HookPoint()
        self.hook_resid_pre, self.hook_resid_post = HookPoint(), HookPoint()
        if self.attn and self.mlp:
            self.hook_resid_mid = HookPoint()

    def forward(self, x: Tensor, mask: Tensor, fused: bool) -> Tensor:  # b n d -> b n d
        x = self.hook_resid_pre(x)
        if self.attn and self.ln1 and (self.attn.W_O.numel() or self.hook_attn_out.watched):
            x = x + self.hook_attn_out(self.attn(self.ln1(x), mask, fused))
        if self.attn and self.mlp:
            x = self.hook_resid_mid(x)
        if self.mlp and self.ln2 and (self.mlp.b_in.numel() or self.hook_mlp_out.watched):
            x = x + self.hook_mlp_out(self.mlp(self.ln2(x)))
        return self.hook_resid_post(x)


class Unembed(nn.Module):
    """Reads the output off the residual stream: a score per value, or a number."""

    def __init__(self, d_model: int, d_out: int) -> None:
        super().__init__()
        self.W_U, self.b_U = _parameter(d_model, d_out), _parameter(d_out)

    def forward(self, x: Tensor) -> Tensor:  # b n d -> b n d_out
        return _affine(x, self.W_U, self.b_U)


class Transformer(nn.Module):
    """A compiled model as an `nn.Module`.

    `fused` says whether attention may run in one kernel where nobody watches its pattern; without
    it every step is an ordinary, repeatedly differentiable operation.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=3).torch()
    >>> model.batch(["ab", "b"])
    [['a', 'b'], ['b']]
    """

    def __init__(self, config: Config, *, fused: bool = True) -> None:
        super().__init__()
        self.config, self.fused = config, fused
        self.certified: Certified | None = None
        self.embed = Embed(config.d_vocab, config.d_model)
        self.pos_embed = PosEmbed(config.n_ctx, config.d_model)
        self.blocks = nn.ModuleList([Block(config, s) for s in config.architecture.layers])
        self._share(config.architecture.steps)
        self.ln_final = Norm(config)
        self.unembed = Unembed(config.d_model, config.d_out)
        self.hook_embed, self.hook_pos_embed = HookPoint(), HookPoint()
        for name, point in self.hook_points().items():
            point.name = name

    def _share(self, steps: Sequence[Step]) -> None:
        """Let steps of one block, which a loop comes to again, have the same parameters."""
        first: dict[str, nn.Module] = {}
        for step in steps:
            own = self.get_submodule(step.inner.removesuffix("."))
            shared = first.setdefault(step.weights, own)
            for name, parameter in shared.named_parameters():
                setattr(own, name, parameter)

    def forward(self, ids: Tensor) -> Tensor:
        """The read-out (b n d_out) for token ids (b n), as `encode` makes them."""
        if not isinstance(ids, Tensor):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(_no_ids(ids))
        return self.forward_embedded(self.embedded(ids), ids == PAD_ID)

    def embedded(self, ids: Tensor) -> Tensor:
        """The residual stream (b n d) before the first layer."""
        check_positions(self.config, ids.shape[1])
        return self.hook_embed(self.embed(ids)) + self.hook_pos_embed(self.pos_embed(ids))

    def forward_embedded(self, x: Tensor, padding: Tensor | None = None) -> Tensor:
        """The read-out (b n d_out) for a residual stream (b n d); `padding` (b n) is true at PAD.

        This is where gradients with respect to embeddings, or any other first stream, enter.
        """
        if torch.is_autocast_enabled(x.device.type):
            autocast = torch.get_autocast_dtype(x.device.type)
            _refuse_mixed(x.dtype, autocast)
            if self.certified:
                self.certified.check(autocast, stacklevel=2)
        mask = self.mask(x, padding)
        for block in self.blocks:
            x = block(x, mask, self.fused)
        return self.unembed(self.ln_final(x))

    def mask(self, x: Tensor, padding: Tensor | None = None) -> Tensor:
        """What is added to scores: 0 where a query sees a key, else -inf (b 1 1|query key)."""
        n = x.shape[1]
        mask = x.new_zeros(len(x), 1, 1, n)
        if padding is not None:
            mask = mask.masked_fill(padding[:, None, None, :], -math.inf)
        if self.config.causal:
            mask = mask + x.new_full((n, n), -math.inf).triu(1)
        return mask

    def encode(self, sequences: Sequence[Iterable[object]]) -> Tensor:
        """Token ids (b n): BOS, the tokens, PAD up to the longest sequence.

        Raises:
            InputError: E401 to E405, for what is not a sequence that the model takes.
        """
        return torch.as_tensor(codec.encode(self.config, sequences), device=self.device)

    @torch.no_grad()
    def batch(self, sequences: Sequence[Iterable[object]]) -> list[list[Value]]:
        """The values that the model gives at every position of every sequence."""
        ids = self.encode(sequences)
        lengths = [len(row) - 1 - int((row == PAD_ID).sum()) for row in ids]
        out = self(ids) if len(ids) else ids
        return codec.decode(self.config, out.double().cpu().numpy(), lengths)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Transformer:
        """Where every move and cast of a module ends up: a cast may leave the certificate."""
        before = self.embed.W_E.dtype
        super()._apply(fn, recurse)  # pyright: ignore[reportUnknownMemberType]
        if self.certified and self.embed.W_E.dtype != before:
            self.certified.cast(before, self.embed.W_E.dtype, stacklevel=3)
        return self

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.embed.W_E.device

    def hook_points(self) -> dict[str, HookPoint]:
        """Every place where a hook can be registered, by name."""
        modules = cast("Iterable[tuple[str, nn.Module]]", self.named_modules())
        return {name: module for name, module in modules if isinstance(module, HookPoint)}

    @contextlib.contextmanager
    def hooks(self, hooks: Mapping[str, Hook]) -> Generator[Transformer]:
        """While the block runs, call `hook(activation, hook=point)` at each name.

        What it returns, if anything, replaces the activation.

        Raises:
            InputError: E416 for a name that is no hook point.
        """
        points = self.hook_points()
        if unknown := [name for name in hooks if name not in points]:
            raise InputError(_no_such_point(unknown[0], points))
        handles = [points[name].register_forward_hook(_adapt(f)) for name, f in hooks.items()]
        try:
            yield self
        finally:
            for handle in handles:
                handle.remove()

    def run_with_hooks(self, ids: Tensor, hooks: Mapping[str, Hook]) -> Tensor:
        """The read-out with functions called at, and perhaps changing, the named activations."""
        with self.hooks(hooks):
            return self(ids)

    def run_with_cache(
        self, ids: Tensor, names: Iterable[str] | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The read-out, and the named activations (all of them by default), gradients attached."""
        cache: dict[str, Tensor] = {}

        def keep(activation: Tensor, hook: HookPoint) -> None:
            cache[hook.name] = activation

        wanted = self.hook_points() if names is None else names
        return self.run_with_hooks(ids, dict.fromkeys(wanted, keep)), cache


def _gelu(x: Tensor) -> Tensor:
    return functional.gelu(x, approximate="tanh")


_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "gelu": _gelu,
    "silu": functional.silu,
}


def _parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(shape))


def _heads(c: Config) -> nn.Parameter:
    return _parameter(c.n_heads, c.d_model, c.d_head)


def _affine(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`x @ weight + bias` in one step, laid out as `nn.Linear` has it, which is faster."""
    return functional.linear(x, weight.T.contiguous(), bias)


def _adapt(hook: Hook) -> Callable[[nn.Module, Any, Tensor], Tensor | None]:
    return lambda point, _, activation: hook(activation, hook=point)


def _no_ids(given: object) -> Diagnostic:
    return diagnostic(
        "E402",
        f"the module takes a tensor of token ids, not {shown(given)}",
        help="the values for sequences are `module.batch([sequence])`, "
        "their token ids `module.encode([sequence])`",
    )


def _refuse_mixed(held: torch.dtype, autocast: torch.dtype) -> None:
    """PyTorch has no kernels for both 16-bit formats at once."""
    if {held, autocast} == {torch.float16, torch.bfloat16}:
        names = [str(dtype).removeprefix("torch.") for dtype in (held, autocast)]
        raise InputError(
            diagnostic(
                "E410",
                f"a module in {names[0]} cannot run under autocast to {names[1]}",
                help="leave autocast, or `model.torch(dtype=torch.float32)`",
            )
        )


def _no_such_point(name: str, points: Iterable[str]) -> Diagnostic:
    import difflib

    close = difflib.get_close_matches(name, points, 1)
    hint = f"did you mean {close[0]!r}?" if close else "`hook_points()` lists them"
    return diagnostic("E416", f"the model has no hook point {name!r}", help=hint)

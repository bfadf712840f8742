"""The forward pass in PyTorch against a plain transformer of the same shape.

Both run the same batch, one after the other, many times, after a warm-up; the ratio is of their
medians. The plain one is what a person would write for speed: linear layers, queries, keys and
values in one product, PyTorch's own attention, no hooks and no padding.

    python benchmarks/torch_forward.py --threads 2
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

import rasplab
from rasplab import programs
from rasplab.diagnostics import CompileError
from rasplab.weights import Config

LENGTH = 99  # and BOS: 100 positions
PROGRAMS = (
    "reverse",
    "hist",
    "sort",
    "induction_head",
    "detect_pattern",
    "shuffle_dyck2",
    "frac_prevs",
)


class PlainLayer(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.heads, width = c.n_heads, c.n_heads * c.d_head
        self.qkv = nn.Linear(c.d_model, 3 * width)
        self.out = nn.Linear(width, c.d_model, bias=False)
        self.causal, self.hidden = c.causal, c.d_mlp > 0
        if self.hidden:
            self.up = nn.Linear(c.d_model, c.d_mlp)
            self.down = nn.Linear(c.d_mlp, c.d_model, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        z = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal, scale=1.0)
        x = x + self.out(z.transpose(1, 2).flatten(2))
        return x + self.down(self.up(x).relu()) if self.hidden else x


class Plain(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.token = nn.Embedding(c.d_vocab, c.d_model)
        self.position = nn.Embedding(c.n_ctx, c.d_model)
        self.layers = nn.Sequential(*(PlainLayer(c) for _ in range(c.n_layers)))
        self.unembed = nn.Linear(c.d_model, c.d_out)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.token(ids) + self.position.weight[: ids.shape[1]]
        return self.unembed(self.layers(x))


def main() -> None:
    options = arguments()
    if options.threads:
        torch.set_num_threads(options.threads)
    print(f"batch {options.batch}, {options.length + 1} positions, {options.device}")
    print(f"{'program':16} {'shape':44} {'plain':>9} {'ours':>9}  ratio")
    ratios: list[float] = []
    for name in options.programs:
        try:
            model = compiled(name, options.vocab, options.length)
        except CompileError as refusal:
            print(f"{name:16} refused: {refusal.diagnostics[0].title}")
            continue
        ours = model.torch(device=options.device)
        plain = Plain(model.config).to(options.device)
        ids = torch.randint(2, model.config.d_vocab, (options.batch, options.length + 1))
        ids[:, 0] = 0
        a, b = paired(plain, ours, ids.to(options.device), options.repeats)
        ratios.append(b / a)
        print(
            f"{name:16} {shape(model.config):44} {a * 1e3:7.2f}ms {b * 1e3:7.2f}ms  {b / a:.2f}",
            flush=True,
        )
    print(f"median ratio {statistics.median(ratios):.2f}, worst {max(ratios):.2f}")


def compiled(name: str, vocab_size: int, length: int) -> rasplab.Model:
    entry = programs.get(name)
    program, vocab = entry.at(vocab_size, length)
    return rasplab.compile(program, vocab=vocab, max_length=length, causal=entry.causal)


def shape(c: Config) -> str:
    sizes = f"{c.n_layers} layers, {c.n_heads} heads of {c.d_head}, d {c.d_model}, mlp {c.d_mlp}"
    return sizes + (", causal" if c.causal else "")


@torch.no_grad()
def paired(plain: nn.Module, ours: nn.Module, ids: Tensor, repeats: int) -> tuple[float, float]:
    """Median seconds of each, taken in turns."""
    runs: list[Callable[[], Tensor]] = [lambda: plain(ids), lambda: ours(ids)]
    seconds: list[list[float]] = [[], []]
    for repeat in range(repeats + 3):
        for which in (0, 1) if repeat % 2 else (1, 0):
            started = time.perf_counter()
            runs[which]()
            if ids.is_cuda:
                torch.cuda.synchronize()
            if repeat >= 3:
                seconds[which].append(time.perf_counter() - started)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("programs", nargs="*", default=PROGRAMS)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--length", type=int, default=LENGTH)
    parser.add_argument("--vocab", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""A host with a program beside it, as one module."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor, nn

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.lab.graft.hosts import WHOLE, Host, module_at
from rasplab.lab.graft.words import Words
from rasplab.runtime import Transformer, build
from rasplab.weights import PAD_ID, ModelWeights, Site
from rasplab.weights.architecture import EMBED
from rasplab.weights.artefact import VariablePlace
from rasplab.weights.named import Label, Named, unknown
from rasplab.weights.positions import position_labels
from rasplab.weights.reading import Reading, read_variable

Written: TypeAlias = "Tensor | tuple[Tensor, *tuple[object, ...]]"
"""What a half-layer of the host gives: attention also its pattern, if that is asked for."""

Read: TypeAlias = "tuple[Tensor, *tuple[object, ...]]"

_OTHER_STREAMS = ("inputs_embeds", "past_key_values", "cache")


@dataclass(frozen=True, slots=True)
class Reads:
    """What a host reads of a program, and where.

    The variables stand together at the site `taken` of the program; what is read of them is added
    after the site `at` of the host. `replaces` are the heads there that are silenced for it.
    """

    variables: tuple[VariablePlace, ...]
    taken: Site
    at: Site
    replaces: tuple[int, ...] | str | None = None


class Graft(nn.Module):
    """A GPT-2 (`host`), a compiled program (`part`), and the map by which one reads the other.

    A call gives what the host gives. Where only the map is to learn, pass `reader.parameters()` to
    the optimizer; `parameters()` are also the host's. `weights` is the model as it was compiled.
    """

    host: Host
    table: Tensor

    def __init__(
        self,
        host: Host,
        weights: ModelWeights,
        reads: Reads,
        words: Words,
        trainable: bool,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        like = cast(Tensor, host.transformer.wte.weight)
        self.weights, self.reads, self.words, self.trainable = weights, reads, words, trainable
        self.host = host
        self.part = build(weights, dtype=dtype, device=like.device).requires_grad_(trainable)
        lanes = sum(place.stop - place.start for place in reads.variables)
        self.reader = nn.Linear(lanes, host.config.n_embd, False, like.device, like.dtype)
        nn.init.zeros_(self.reader.weight)
        table = torch.tensor(words.ids, device=like.device)
        self.register_buffer("table", table, persistent=False)
        self.train(host.training)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, **host_arguments: Any
    ) -> Any:
        """What the host gives for token ids (b n): its output, with `logits` (b n vocabulary).

        `attention_mask` (b n) is 0 at padding, which stands on the right. Other arguments go to
        the host. A program runs on whole sequences: there is no cache.

        Raises:
            InputError: E483 for what the program cannot take.
        """
        _check_arguments(host_arguments)
        lanes = self.lanes(input_ids, attention_mask)
        with self._reading(lanes):
            return self.host(
                input_ids=input_ids,
                attention_mask=attention_mask,
                **{"use_cache": False} | host_arguments,
            )

    def lanes(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """The program's variables that are read (b n lanes), at the positions of the host.

        Raises:
            InputError: E483 for what the program cannot take.
        """
        with contextlib.nullcontext() if self.trainable else torch.no_grad():
            named = self._named(self._encoded(input_ids, attention_mask), self.reads.taken)
            return torch.cat([named[:, 1:, place.columns] for place in self.reads.variables], 2)

    @torch.no_grad()
    def reading(
        self, name: str, input_ids: Tensor, attention_mask: Tensor | None = None
    ) -> list[Reading]:
        """What a variable of the program holds on each of the host's sequences, as `trace` has it.

        Raises:
            InputError: E417 for a name that is no variable, E483 for what the program cannot take.
        """
        known = {v.name: v for v in self.weights.circuit.variables if not v.marks_bos}
        if name not in known:
            raise InputError(unknown("variable", name, list(known)))
        place = known[name]
        ids = self._encoded(input_ids, attention_mask)
        named = self._named(ids, place.written)[..., place.columns].cpu()
        lengths = [int((row != PAD_ID).sum()) for row in ids]
        return [self._read(place, row[:length]) for row, length in zip(named, lengths, strict=True)]

    @property
    def intact(self) -> bool:
        """Whether the program's weights are those that were compiled, so that it is exact."""
        own = self.part.state_dict()
        compiled = build(self.weights, dtype=self.part.embed.W_E.dtype).state_dict()
        return all(torch.equal(own[name].cpu(), array) for name, array in compiled.items())

    def save(self, directory: str | Path, *, overwrite: bool = False) -> Path:
        """Write host, program and reader to a directory, from which `load` makes the graft again.

        It also is the directory of the compiled model, for `rasplab.load`.

        Raises:
            ModelFileError: E503 exists already, E504 cannot be written.
        """
        from rasplab.lab.graft.files import save

        return save(self, directory, overwrite=overwrite)

    def _encoded(self, ids: Tensor, mask: Tensor | None) -> Tensor:
        return self.words.encode(self.table, ids, mask, self.weights.config)

    def _named(self, ids: Tensor, site: Site) -> Tensor:
        """The program's stream at a site, along the named directions (b n+1 directions)."""
        stream = _stream(self.part, ids, site)
        basis = self.weights.frame(site).basis
        if basis is None:
            return stream
        return stream @ torch.as_tensor(basis.read).to(stream)

    def _read(self, place: VariablePlace, row: Tensor) -> Reading:
        columns = self.weights.circuit.directions[place.columns]
        labels: dict[str, tuple[Label, ...]] = {
            "position": position_labels(len(row)),
            "direction": tuple(column.label for column in columns),
        }
        array = row.double().numpy()
        return read_variable(self.weights.circuit, place, Named(array, tuple(labels), labels))

    @contextlib.contextmanager
    def _reading(self, lanes: Tensor) -> Generator[None]:
        """While the block runs, the host reads: alone it is what it was."""
        site, replaced = self.reads.at, self.reads.replaces
        module = module_at(self.host, site)
        read = self.reader(lanes.to(self.reader.weight.dtype))
        handles = [module.register_forward_hook(_adding(read, alone=replaced == WHOLE))]
        if isinstance(replaced, tuple):
            width = self.host.config.n_embd // self.host.config.n_head
            silence = _silencing(replaced, width)
            out = cast(nn.Module, module.c_proj)
            handles.append(out.register_forward_pre_hook(silence))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def _stream(part: Transformer, ids: Tensor, site: Site) -> Tensor:
    if site == EMBED:
        return part.embedded(ids)
    name = part.config.architecture.stream(site)
    return part.run_with_cache(ids, [name])[1][name]


def _adding(read: Tensor, *, alone: bool) -> Callable[[nn.Module, object, Written], Written]:
    """What is read, beside what a half-layer writes or in its place; attention gives a pair."""

    def hook(_module: nn.Module, _inputs: object, output: Written) -> Written:
        if isinstance(output, tuple):
            first, *rest = output
            return (read if alone else first + read, *rest)
        return read if alone else output + read

    return hook


def _silencing(heads: tuple[int, ...], width: int) -> Callable[[nn.Module, Read], Read]:
    """Heads that write nothing: what they would is zero before it is projected."""

    def hook(_module: nn.Module, inputs: Read) -> Read:
        z = inputs[0].clone()  # b n (heads × width)
        for head in heads:
            z[..., head * width : (head + 1) * width] = 0
        return (z, *inputs[1:])

    return hook


def _check_arguments(given: Mapping[str, object]) -> None:
    stray = [name for name in _OTHER_STREAMS if given.get(name) is not None]
    if given.get("use_cache"):
        stray.append("use_cache")
    if stray:
        raise InputError(
            diagnostic(
                "E483",
                f"a grafted model does not take {shown(stray[0])}",
                notes=["its program runs on token ids, and on whole sequences"],
                help="give all token ids of a sequence in every call",
            )
        )

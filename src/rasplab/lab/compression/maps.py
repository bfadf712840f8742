"""The maps into the compressed stream: what is trained, for all members of a sweep in one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from rasplab.lab.compression.network import Network, Through
from rasplab.lab.tensors import qr
from rasplab.weights import Site
from rasplab.weights.rebase import Reader

Sharing: TypeAlias = Literal["shared", "separate", "per-layer"]
"""One map for all, as in the paper; one to write and one to read; or one for every sublayer."""

Start: TypeAlias = Literal["orthogonal", "normal", "identity"]


@dataclass(frozen=True, slots=True)
class Member:
    """One run of a sweep: the width of its stream, and its seed."""

    width: int
    seed: int

    @property
    def name(self) -> str:
        """As in file names."""
        return f"d{self.width:02}-seed{self.seed}"


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """Where everything that is trained lies in a member's row of one array (M × parameters).

    First come the maps (S × d × D, where d is the widest member's; a narrower member's further
    rows are zero and stay zero, since their gradients are), then, where other weights are trained
    too, each sublayer's read, bias and write.
    """

    network: Network
    sharing: Sharing
    width: int
    weights: bool = False

    @property
    def maps(self) -> tuple[int, int, int]:
        """The number of maps, the width of the stream, and D."""
        count = {"shared": 1, "separate": 2, "per-layer": len(self.network.sublayers) + 2}
        return count[self.sharing], self.width, self.network.embedding.shape[-1]

    def split(self, theta: Tensor) -> tuple[Tensor, Network]:
        """The maps (M S d D), and the network that they belong to."""
        maps = torch.unflatten(theta[:, : self._maps_end], 1, self.maps)
        if not self.weights:
            return maps, self.network
        others = self._others()
        parts = torch.split(theta[:, self._maps_end :], [t.numel() for t in others], dim=1)
        trained = iter(torch.unflatten(p, 1, t.shape) for p, t in zip(parts, others, strict=True))
        sublayers = tuple(
            replace(s, read=next(trained), bias=next(trained), write=next(trained))
            for s in self.network.sublayers
        )
        return maps, replace(self.network, sublayers=sublayers)

    def through(self, maps: Tensor) -> Through:
        """The products of writers' and readers' maps, each made once."""
        made: dict[tuple[int, int], Tensor] = {}

        def between(writer: Site, reader: Reader) -> Tensor:
            key = self.slot(writer, reads=False), self.slot(reader, reads=True)
            if key not in made:
                made[key] = maps[:, key[0]].mT @ maps[:, key[1]]
            return made[key]

        return between

    def slot(self, name: Reader, *, reads: bool) -> int:
        """The number of the map by which somebody reads, or writes."""
        match self.sharing:
            case "shared":
                return 0
            case "separate":
                return int(reads)
            case "per-layer":
                return (*self.network.writers, "unembed").index(name)

    def join(self, maps: Tensor) -> Tensor:
        """Members (M × parameters) with these maps (M S d D) and the compiled weights."""
        others = [t.flatten().expand(len(maps), -1) for t in self._others()]
        return torch.cat([maps.flatten(1), *others], dim=1)

    def start(self, members: Sequence[Member], kind: Start) -> Tensor:
        """Members (M × parameters) as they begin, each drawn by its own seed and width."""
        count, width, full = self.maps
        maps = torch.zeros(len(members), count, width, full, dtype=torch.float64)
        for number, member in enumerate(members):
            maps[number, :, : member.width] = _drawn(member, kind, full)
        return self.join(maps.to(self.network.embedding))

    @property
    def _maps_end(self) -> int:
        count, width, full = self.maps
        return count * width * full

    def _others(self) -> list[Tensor]:
        if not self.weights:
            return []
        return [t for s in self.network.sublayers for t in (s.read, s.bias, s.write)]


def _drawn(member: Member, kind: Start, full: int) -> Tensor:
    """The first map of a member (d D): rows of a random rotation, or of normal numbers."""
    if kind == "identity":
        return torch.eye(full, dtype=torch.float64)[: member.width]
    # a prime above all numbers of seeds: members of different widths do not draw alike
    generator = torch.Generator().manual_seed(1_000_003 * member.width + member.seed)
    entries = torch.randn(full, full, generator=generator, dtype=torch.float64)
    if kind == "normal":
        return entries[: member.width] / member.width**0.5
    q, r = qr(entries)
    # with these signs every rotation is as likely as any other, which the algorithm alone does not
    # see to (Mezzadri, 2007)
    return (q * r.diagonal().sign()).T[: member.width].clone()

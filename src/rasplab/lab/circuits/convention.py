"""What a circuit is asked for: without it neither truth nor scores mean anything."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Convention:
    """Granularity, ablation, whether the embeddings are one node, positions apart, and the data.

    `data` is a digest of the inputs; `""` where there are none, as for the static structure.

    >>> one = Convention("qkv", "zero", False, False, "3f2a")
    >>> print(one)
    level qkv, zero ablation, embeddings apart, data 3f2a
    >>> one.differs(Convention("qkv", "mean", False, False, "3f2a"))
    ('ablation',)
    """

    level: str
    ablation: str
    joined: bool
    positions: bool
    data: str

    def differs(self, other: Convention) -> tuple[str, ...]:
        """In what another convention is another."""
        names = [field.name for field in fields(self)]
        return tuple(n for n in names if getattr(self, n) != getattr(other, n))

    def __str__(self) -> str:
        embeddings = "joined" if self.joined else "apart"
        places = ", positions apart" if self.positions else ""
        data = f", data {self.data}" if self.data else ""
        return (
            f"level {self.level}, {self.ablation} ablation, embeddings {embeddings}{places}{data}"
        )

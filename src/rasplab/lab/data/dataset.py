"""A data set: pairs of inputs, the outputs of both, and the variables in which they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rasplab.display import Table, html
from rasplab.rasp.values import Value

Sequence_ = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A clean and a corrupted input of one length, and what the model gives on each.

    `differs` has, per variable, the positions at which it holds something else; `"output"` is one.
    """

    clean: Sequence_
    corrupt: Sequence_
    clean_output: Sequence_
    corrupt_output: Sequence_
    differs: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Pairs, and how they were made; `exhaustive` says that every input is clean once.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=2)
    >>> data = model.dataset(corrupt="minimal", length=2)
    >>> print(data)
    4 pairs, corrupt='minimal', every input
    >>> data[0].clean, data[0].differs["output"] == data[0].differs["tokens"]
    (('a', 'a'), True)
    """

    pairs: tuple[Pair, ...]
    corruption: str
    seed: int
    exhaustive: bool
    vocabulary: tuple[Value, ...]
    output_values: tuple[Value, ...] | None
    program: str

    @property
    def clean(self) -> tuple[Sequence_, ...]:
        """The clean inputs."""
        return tuple(pair.clean for pair in self.pairs)

    @property
    def corrupt(self) -> tuple[Sequence_, ...]:
        """The corrupted inputs."""
        return tuple(pair.corrupt for pair in self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[Pair]:
        return iter(self.pairs)

    def __getitem__(self, index: int) -> Pair:
        return self.pairs[index]

    def save(
        self, path: str | Path, *, format: str | None = None, answers: str = "columns"
    ) -> Path:
        """Write the data: `.jsonl` and `.parquet` by their suffix, or `format="auto-circuit"`.

        `answers` says what auto-circuit's answers are: the columns of the model's own read-out, or
        the ids of an exported checkpoint (`"ids"`).

        Raises:
            InputError: E442 for an unknown format; MissingExtraError: E602 without pyarrow.
        """
        from rasplab.lab.data.files import save

        return save(self, path, format, answers)

    def __str__(self) -> str:
        how = "every input" if self.exhaustive else f"seed {self.seed}"
        return f"{len(self.pairs)} pairs, corrupt={self.corruption!r}, {how}"

    def __repr__(self) -> str:
        return f"<data set: {self}>"

    def _repr_html_(self) -> str:
        rows = [
            (
                *map(list, (p.clean, p.corrupt, p.clean_output, p.corrupt_output)),
                ", ".join(p.differs),
            )
            for p in self.pairs
        ]
        head = ("clean", "corrupt", "clean output", "corrupt output", "differs in")
        return html(repr(self)[1:-1], Table(head, rows))

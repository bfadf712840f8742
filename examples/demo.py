"""Compile two programs, run and verify them, and leave the models and their pictures under demo/.

python examples/demo.py [directory]
"""

from __future__ import annotations

import sys
from pathlib import Path

import rasplab
from rasplab import programs, view

INPUTS = {"sort": [4, 2, 5, 2, 1], "reverse": list("bdace")}


def main() -> None:
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    for name, sequence in INPUTS.items():
        show(name, sequence, directory / name)


def show(name: str, sequence: list[rasplab.rasp.Value], directory: Path) -> None:
    program, vocabulary = programs.get(name).at(vocab_size=5, max_length=5)
    model = rasplab.compile(program, vocab=vocabulary, max_length=5)

    print(f"=== {name}")
    print(model.show())
    print()
    print(f"{name}({sequence}) = {model(sequence)}")
    print(f"model and program are {model.verify(samples=5000)}")
    print()

    directory.mkdir(parents=True, exist_ok=True)
    left = [
        model.save(directory / "model", overwrite=True),
        model.explore(directory / "explorer.html", sequence),
        view.save_plan(model, directory / "plan.svg"),
        view.save_plan(model, directory / "plan.png"),
        view.save_residual(model, sequence, directory / "residual.svg"),
        view.save_residual(model, sequence, directory / "residual.png"),
        view.save_attention(model, sequence, directory / "attention.png"),
    ]
    for path in left:
        print(f"wrote {path}")
    print()


if __name__ == "__main__":
    main()

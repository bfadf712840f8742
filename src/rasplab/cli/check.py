"""`rasplab check`: what can be proved of a saved model from its files."""

from __future__ import annotations

from pathlib import Path

from rasplab.checker import Proof, prove
from rasplab.cli.output import busy, decision, json, record, say, table
from rasplab.opening import load


def check_model(directory: Path, dtype: str | None, *, as_json: bool = False) -> int:
    """Print the proof; 0 where there is one, else 1.

    Raises:
        ModelFileError: where the directory is no model, or not as it was written.
        InputError: E410, for a format that a checkpoint is not written in.
    """
    from rasplab.export.checkpoint import is_checkpoint, prove_pretrained

    if is_checkpoint(directory):
        with busy(f"proving what {directory} computes behind its norms"):
            proof = prove_pretrained(directory, dtype)
    else:
        with busy(f"reading {directory}"):
            weights = load(directory).weights
        with busy(f"proving what {directory} computes"):
            proof = prove(weights, dtype)
    if as_json:
        json({"holds": proof.holds, **record(proof)})
    else:
        _show(proof)
    return 0 if proof.holds else 1


def _show(proof: Proof) -> None:
    rows = [
        (
            block.name,
            block.kind,
            f"{block.error:.1e}",
            f"{block.at_bos:.1e}",
            *decision(block.met, block.borne, block.margin),
        )
        for block in proof.blocks
    ]
    if rows:
        table(
            ("block", "kind", "error", "at BOS", "meets", "bears", "margin"),
            rows,
            title=f"as it runs in {proof.format}",
            right="error meets bears margin",
        )
    if proof.holds:
        say(f"proved: output within {proof.output_error:.1e}, margin {proof.margin:.4f}")
    else:
        say(f"NOT proved: {proof.refuted or 'the output has no margin left'}")
    for taken in proof.taken:
        say(f"taken as given: {taken}")

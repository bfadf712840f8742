"""Certificates that say what was proved."""

from __future__ import annotations

import math
from dataclasses import replace

from rasplab.checker.proof import Proof
from rasplab.craft.certificate import Bound, Certificate


def proved(proof: Proof, expected: Certificate) -> Certificate:
    """The certificate with what was proved in the place of what was expected."""
    found = {block.name: block for block in proof.blocks}
    blocks = [found[bound.name] for bound in expected.bounds if bound.name in found]
    return replace(
        expected,
        bounds=tuple(Bound(b.name, b.kind, max(b.error, b.at_bos), b.met, b.borne) for b in blocks),
        output_error=proof.output_error if proof.holds else math.inf,
        other_formats=(),
    )

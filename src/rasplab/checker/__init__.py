"""Proves stored weights against their specification; it shares no arithmetic with the compiler."""

from rasplab.checker.proof import BlockProof, Proof, prove

__all__ = ["BlockProof", "Proof", "prove"]

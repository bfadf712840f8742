"""Proves stored weights against their specification; it shares no arithmetic with the compiler."""

from rasplab.checker.proof import BlockProof, Proof, followed, prove

__all__ = ["BlockProof", "Proof", "followed", "prove"]

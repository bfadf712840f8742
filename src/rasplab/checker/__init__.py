"""Proves stored weights against their specification; it shares no arithmetic with the compiler."""

from rasplab.checker.arithmetic import Reading
from rasplab.checker.proof import BlockProof, Proof, followed, prove

__all__ = ["BlockProof", "Proof", "Reading", "followed", "prove"]

"""Compiled models that look less clean, and still are what they were proved to be."""

from rasplab.lab.realism.disguise import disguise

__all__ = ["disguise"]

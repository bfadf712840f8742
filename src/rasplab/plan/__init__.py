"""Blocks into layers, subspaces into columns of the residual stream."""

from rasplab.plan.schedule import Layer, Plan, Sizes, plan

__all__ = ["Layer", "Plan", "Sizes", "plan"]

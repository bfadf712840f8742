"""Blocks into layers, subspaces into columns of the residual stream."""

from rasplab.plan.schedule import CheapestSchedule, Layer, Plan, PlanStrategy, Sizes

__all__ = ["CheapestSchedule", "Layer", "Plan", "PlanStrategy", "Sizes"]

"""What a level of optimisation is: for every stage the parts that do its work, as data."""

from __future__ import annotations

from dataclasses import dataclass

from rasplab.lower import ECONOMICAL, LITERAL, CraftPass, Style
from rasplab.passes import Pass, ResolveSelectors, SumsFromMeans
from rasplab.plan import CheapestSchedule, PlanStrategy


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The parts of every stage, in order.

    - `fuse`: whether facts see chains of elementwise functions as one;
    - `graph`: rewrites of the graph; the last ones leave selectors as lowering takes them;
    - `styles`: how lowering spends, in groups. Those of a group are all tried, and the cheapest
      model that is exact is taken; the next group is tried where there is none;
    - `craft`: rewrites of the craft model;
    - `plan`: how blocks become layers, and what a model costs.
    """

    fuse: bool
    graph: tuple[Pass, ...]
    styles: tuple[tuple[Style, ...], ...]
    craft: tuple[CraftPass, ...]
    plan: PlanStrategy

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of what can be stopped at, in order."""
        graph = (rewrite.name for rewrite in self.graph)
        craft = (rewrite.name for rewrite in self.craft)
        return ("graph", *graph, "craft", *craft, "plan", "weights")


LEVELS = (
    Pipeline(
        fuse=False,
        graph=(ResolveSelectors(),),
        styles=LITERAL,
        craft=(),
        plan=CheapestSchedule(),
    ),
    Pipeline(
        fuse=True,
        graph=(SumsFromMeans(), ResolveSelectors()),
        styles=ECONOMICAL,
        craft=(),
        plan=CheapestSchedule(),
    ),
)
"""By level: 0 writes every expression into its own subspace, 1 fuses and shares."""

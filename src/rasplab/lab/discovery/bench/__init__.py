"""Methods over a suite of models: what is run, where it is written, and what it says together."""

from rasplab.lab.discovery.bench.cases import Case, suite
from rasplab.lab.discovery.bench.directory import RunDirectory
from rasplab.lab.discovery.bench.options import Options
from rasplab.lab.discovery.bench.run import run
from rasplab.lab.discovery.bench.summary import Summary, summaries

__all__ = ["Case", "Options", "RunDirectory", "Summary", "run", "suite", "summaries"]

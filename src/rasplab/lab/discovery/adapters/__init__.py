"""Published packages, run on our models in environments of their own, and read back as scores.

No package of these is a dependency: each is installed by one command into an environment that
holds nothing else, from a list of exact versions that lies here:

    python -m rasplab.lab.discovery.adapters auto-circuit

>>> sorted(packages())
['auto-circuit']
"""

from rasplab.lab.discovery.adapters.environment import make_environment, python_of
from rasplab.lab.discovery.adapters.package import Package, package_scores, packages

__all__ = ["Package", "make_environment", "package_scores", "packages", "python_of"]

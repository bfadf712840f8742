"""What all tests share: hypothesis reproducible in CI, figures without a screen, few threads."""

import os

from hypothesis import settings

# Models are tiny and the test processes share the cores. To be set before torch loads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

# No deadline anywhere: a test never asserts a time, and a first example pays for imports.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

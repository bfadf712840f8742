"""What all tests share: reproducible hypothesis in CI, no screen, few threads, bounded memory."""

import os
import resource

from hypothesis import settings

# Models are tiny and the test processes share the cores. To be set before torch loads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

# A program that needs the whole machine is a failing test with its place, not a dead machine.
MEMORY = 10 * 2**30
_, at_most = resource.getrlimit(resource.RLIMIT_DATA)
if at_most == resource.RLIM_INFINITY or at_most > MEMORY:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, at_most))

# No deadline anywhere: a test never asserts a time, and a first example pays for imports.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

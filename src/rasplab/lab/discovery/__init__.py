"""The field's circuit discovery methods on compiled models, and how right they are.

>>> import rasplab
>>> from rasplab.lab.discovery import methods, task_of
>>> program, vocab = rasplab.programs.get("frac_prevs").at(3, 3)
>>> task = task_of(rasplab.compile(program, vocab=vocab, max_length=3, causal=True))
>>> found = methods()["eap-ig-inputs"](task)
>>> print(task.truth().score(found))
AUROC 1.000, average precision 1.000, best F1 1.000 at 2 of 9 edges
"""

from rasplab.lab.discovery.faithfulness import Faithfulness, faithfulness
from rasplab.lab.discovery.interchange import InterchangeAccuracy, interchange_accuracy
from rasplab.lab.discovery.metrics import METRICS, Metric
from rasplab.lab.discovery.registry import Method, added, method, methods
from rasplab.lab.discovery.scores import Cost, Scores
from rasplab.lab.discovery.task import ABLATIONS, LEVELS, Task, ZeroGradientWarning, task_of

__all__ = [
    "ABLATIONS",
    "LEVELS",
    "METRICS",
    "Cost",
    "Faithfulness",
    "InterchangeAccuracy",
    "Method",
    "Metric",
    "Scores",
    "Task",
    "ZeroGradientWarning",
    "added",
    "faithfulness",
    "interchange_accuracy",
    "method",
    "methods",
    "task_of",
]

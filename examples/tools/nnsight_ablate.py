"""nnsight: silence each variable of an induction head, and count the outputs that change.

A variable is silenced where it stands in the stream for the first time: before that there is
nothing to silence, and later somebody has read it already.
"""

from nnsight import LanguageModel

import rasplab
from rasplab import programs

program, vocab = programs.get("induction_head").at(4, 8)
model = rasplab.compile(program, vocab=vocab, max_length=8, causal=True)
network = LanguageModel(str(model.save_pretrained("induction", overwrite=True)), dispatch=True)
sequence = list("abcdabcd")
ids = model.encode([sequence])
for variable in model.names("nnsight").variables[1:]:
    path, _, side = variable.points[0].removeprefix("model.").rpartition(".")
    module = network.get(path.replace("[", ".").replace("]", ""))
    with network.trace(model.words.text(sequence)):
        getattr(module, side)[..., variable.start : variable.stop] = 0
        logits = network.lm_head.output.save()
    [found] = model.words.decode(logits.detach(), ids)
    changed = sum(a != b for a, b in zip(found, model(sequence), strict=True))
    print(f"without {variable.variable:15} {changed} of {len(sequence)} outputs change")

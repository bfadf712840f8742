"""pyvene: an interchange intervention after the first layer of an induction head."""

import pyvene
from transformers import AutoModelForCausalLM, AutoTokenizer

import rasplab
from rasplab import programs

program, vocab = programs.get("induction_head").at(4, 8)
model = rasplab.compile(program, vocab=vocab, max_length=8, causal=True)
saved = model.save_pretrained("induction", overwrite=True)
network, tokenizer = (Auto.from_pretrained(saved) for Auto in (AutoModelForCausalLM, AutoTokenizer))
place = {"layer": 0, "component": "block_output", "intervention_type": pyvene.VanillaIntervention}
swapped = pyvene.IntervenableModel(pyvene.IntervenableConfig([place]), model=network)
base, source = (tokenizer(text, return_tensors="pt") for text in ("a b c a", "a c d a"))
_, out = swapped(base, [source], unit_locations={"sources->base": 2})
print("a b c a ->", model("abca"))
print("with the second token of a c d a after the first layer ->")
print(*model.words.decode(out.logits.detach(), base.input_ids))

"""captum: how much each token of the input contributes to a fraction that the model computes."""

import torch
from captum.attr import LayerIntegratedGradients
from transformers import AutoModelForCausalLM

import rasplab
from rasplab import programs

program, vocab = programs.get("frac_prevs").at(3, 6)
model = rasplab.compile(program, vocab=vocab, max_length=6, causal=True)
network = AutoModelForCausalLM.from_pretrained(model.save_pretrained("fraction", overwrite=True))
[number] = model.words.columns
gradients = LayerIntegratedGradients(
    lambda ids: network(ids).logits[:, -1, number], network.transformer.wte
)
ids, others = torch.as_tensor(model.encode(["abac", "bbbb"])).split(1)
scores = gradients.attribute(ids, baselines=others).sum(-1)[0]
for word, score in zip(["bos", "a", "b", "a", "c"], scores.tolist(), strict=True):
    print(f"{word:4}{score:+.3f}")

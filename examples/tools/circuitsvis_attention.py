"""circuitsvis: the attention patterns of a sort, as an interactive page."""

from pathlib import Path

import torch
from circuitsvis.attention import attention_patterns
from transformers import AutoModelForCausalLM

import rasplab
from rasplab import programs

program, vocab = programs.get("sort").at(5, 5)
model = rasplab.compile(program, vocab=vocab, max_length=5)
network = AutoModelForCausalLM.from_pretrained(model.save_pretrained("sort", overwrite=True))
ids = torch.as_tensor(model.encode([[4, 2, 5, 2, 1]]))
layers = network(ids, output_attentions=True).attentions
heads = torch.cat([layer[0, : model.config.n_heads] for layer in layers])
words = [model.words.texts[i] for i in ids[0].tolist()]
Path("attention.html").write_text(str(attention_patterns(words, heads)), encoding="utf-8")
print(f"attention.html: {len(heads)} heads over {' '.join(words)}")

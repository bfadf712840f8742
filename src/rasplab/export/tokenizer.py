"""The tokenizer of a checkpoint: words between blanks, BOS put in front, unknown words an error.

`tokenizer.json` is a `WordLevel` model of the `tokenizers` library. What it does not know has an id
for which no model has an embedding, so that the model raises instead of reading something else.
The tokenizer itself must not raise: tools try it on a word of theirs before any input is seen.
"""

from __future__ import annotations

import json

from rasplab.export.vocabulary import BOS, PAD, Words, words_of
from rasplab.weights import BOS_ID, PAD_ID, Config, manifest
from rasplab.weights.manifest import Json

UNKNOWN = "<unknown word>"  # has a blank, so that it is in no vocabulary


def tokenizer_files(vocabulary: Words, n_positions: int) -> dict[str, bytes]:
    """The files `tokenizer.json` and `tokenizer_config.json`, for `AutoTokenizer`."""
    return {
        "tokenizer.json": manifest.to_bytes(tokenizer_json(vocabulary)),
        "tokenizer_config.json": manifest.to_bytes(tokenizer_config(n_positions)),
    }


def to_tokenizer(config: Config) -> object:
    """The tokenizer itself, a `PreTrainedTokenizerFast`; needs transformers."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    data = json.dumps(tokenizer_json(words_of(config)))
    settings = tokenizer_config(config.n_ctx)
    del settings["tokenizer_class"]
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(data), name_or_path="rasplab", **settings
    )


def tokenizer_json(vocabulary: Words) -> Json:
    """The file `tokenizer.json`."""
    unknown = len(vocabulary.entries)  # the id after those that have an embedding
    bos: Json = {"SpecialToken": {"id": BOS, "type_id": 0}}
    first, second = ({"Sequence": {"id": s, "type_id": 0}} for s in "AB")
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_special(BOS_ID, BOS), _special(PAD_ID, PAD), _special(unknown, UNKNOWN)],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [bos, first],
            "pair": [bos, first, second],
            "special_tokens": {BOS: {"id": BOS, "ids": [BOS_ID], "tokens": [BOS]}},
        },
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word.text: word.id for word in vocabulary.entries} | {UNKNOWN: unknown},
            "unk_token": UNKNOWN,
        },
    }


def tokenizer_config(n_positions: int) -> Json:
    """The file `tokenizer_config.json`. PAD goes to the right: positions count from BOS."""
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "pad_token": PAD,
        "unk_token": UNKNOWN,
        "add_bos_token": True,
        "padding_side": "right",
        "truncation_side": "right",
        "model_max_length": n_positions,
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
    }


def _special(id: int, text: str) -> dict[str, object]:
    return {
        "id": id,
        "content": text,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": True,
    }

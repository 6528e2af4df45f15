"""Tiny language models with random weights, for a real server to load: they write nonsense, but in many scripts.

    python tiny_model.py FOLDER

Runs under the server's Python, not the project's: it needs transformers.  FOLDER becomes a cache of the Hugging Face
hub with the models `synth/tiny`, whose answers end, and `synth/endless`, whose answers do not, so that a server finds
them by name without a network.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

CONTEXT = 12_288  # tokens; positions are learned ones, so that the server truly fails beyond
END = "<|end|>"
#: what answers hold besides ASCII: accents, scripts, signs beyond 16 bits, one that combines with the sign before it
LETTERS = "éßñøπΩЖщאبहไ漢字かな한글∑→≠∞😀🚀\U0001d4b3\u0301"
TEMPLATE = "{% for turn in messages %}{{ turn.role }}:{{ turn.content }}\n{% endfor %}assistant:"
REVISION = "0" * 40


def tokenizer() -> PreTrainedTokenizerFast:
    """A token for each byte, so that the tokens of a prompt are its bytes; letters as a whole are only written."""
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    letters = [byte_level.pre_tokenize_str(letter)[0][0] for letter in LETTERS]
    vocabulary = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *letters]
    tokens = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(vocabulary)}, merges=[]))
    tokens.pre_tokenizer, tokens.decoder = byte_level, decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokens, eos_token=END, chat_template=TEMPLATE, clean_up_tokenization_spaces=False
    )


def save(folder: Path, ends: bool) -> None:
    """The files of one model, the same ones each time."""
    tokens = tokenizer()
    end = tokens.eos_token_id
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(tokens),
        n_positions=CONTEXT,
        n_embd=8,
        n_layer=1,
        n_head=2,
        initializer_range=0.5,  # enough for the prompt to matter
        bos_token_id=end,
        eos_token_id=end,
    )
    model = GPT2LMHeadModel(config)
    # Bytes that are no letter by themselves, and controls: answers are proper text, to be compared sign by sign.
    silent = [number for number in range(end) if not tokens.decode([number]).replace("\ufffd", "\n").isprintable()]
    model.generation_config = GenerationConfig(
        do_sample=True,
        pad_token_id=end,
        suppress_tokens=silent if ends else [*silent, end],
        **({"eos_token_id": end, "min_new_tokens": 8, "exponential_decay_length_penalty": (30, 1.3)} if ends else {}),
    )
    model.save_pretrained(folder)
    tokens.save_pretrained(folder)


def main() -> None:
    """Writes the cache as huggingface_hub lays it out."""
    for name, ends in (("tiny", True), ("endless", False)):
        cached = Path(sys.argv[1]) / f"models--synth--{name}"
        (cached / "refs").mkdir(parents=True)
        (cached / "refs" / "main").write_text(REVISION)
        save(cached / "snapshots" / REVISION, ends)


if __name__ == "__main__":
    main()

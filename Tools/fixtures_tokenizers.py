"""Writes Tests/VLMTests/Fixtures/tokenizers/added-tokens.json: small tokenizers of every kind with an added token of every
flag, and what huggingface/tokenizers makes of some texts.

    python3 Tools/fixtures_tokenizers.py        # needs `tokenizers` (requirements-parity.txt); 0.23.3 wrote the fixture
"""

import json
from pathlib import Path

from tokenizers import Tokenizer

OUT = Path(__file__).resolve().parent.parent / "Tests/VLMTests/Fixtures/tokenizers/added-tokens.json"
LLAMA3_CUT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
BLANK = "\u2581"
TEXTS = ["is zibo there", "iszibothere", "zibo zibo", "a  zibo  b", "zibos", "e\u0301zibo\u00e9", "zibozibo", "x zibo", ""]
WHOLE = ["is zibo there", " zibo", "zibo", ""]
FLAGS = [{}, {"normalized": True}, {"single_word": True}, {"lstrip": True}, {"rstrip": True},
         {"lstrip": True, "rstrip": True, "normalized": True}]


def letters() -> dict[str, int]:
    """GPT-2's letters of the 256 bytes."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return {chr(byte): index for index, byte in enumerate(shown)} | {
        chr(256 + index): len(shown) + index for index in range(256 - len(shown))}


def added(index: int, text: str, **flags) -> dict:
    return {"id": index, "content": text, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": False} | flags


def tokenizer(model: dict, more: list, *, normalizer=None, pre_tokenizer=None) -> dict:
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": more, "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer, "post_processor": None, "decoder": None, "model": model}


def bpe(vocabulary: dict, merges=(), **more) -> dict:
    return {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": vocabulary, "merges": [list(pair) for pair in merges]} | more


def byte_level(words: dict, more: list, merges=(), **options) -> dict:
    cut = {"type": "Split", "pattern": {"Regex": LLAMA3_CUT}, "behavior": "Isolated", "invert": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return tokenizer(bpe(letters() | words, merges, **options), more,
                     pre_tokenizer={"type": "Sequence", "pretokenizers": [cut, level]})


def pieces(words: dict, more: list, kind: str, **options) -> dict:
    vocabulary = {"<unk>": 0} | {f"<0x{byte:02X}>": 1 + byte for byte in range(256)} | {BLANK: 257} | words
    model = bpe(vocabulary, unk_token="<unk>", fuse_unk=True, byte_fallback=True, **options)
    if kind == "prepend":
        return tokenizer(model, more, normalizer={"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": BLANK}, {"type": "Replace", "pattern": {"String": " "}, "content": BLANK}]})
    return tokenizer(model, more, pre_tokenizer={
        "type": "Metaspace", "replacement": BLANK, "prepend_scheme": kind, "split": False})


def unigram(more: list) -> dict:
    vocabulary = [["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], [BLANK, -2.0]]
    vocabulary += [[letter, -3.0] for letter in "abcdefghijklmnopqrstuvwxyz"]
    vocabulary += [[BLANK + "is", -2.5], [BLANK + "there", -2.5]]
    metaspace = {"type": "Metaspace", "replacement": BLANK, "prepend_scheme": "always", "split": True}
    return tokenizer({"type": "Unigram", "unk_id": 2, "vocab": vocabulary, "byte_fallback": False}, more,
                     pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]})


def cases():
    unknown = added(0, "<unk>", special=True)
    for flags in FLAGS:
        name = " ".join(sorted(flags))
        yield f"byte {name}", TEXTS, byte_level({}, [added(256, "zibo", **flags)])
        for kind in ("prepend", "first", "always"):
            yield f"{kind} {name}", TEXTS, pieces({BLANK + "zibo": 258}, [unknown, added(259, "zibo", **flags)], kind)
        special = [added(index, text, special=True) for index, text in enumerate(["<pad>", "</s>", "<unk>"])]
        yield f"unigram {name}", TEXTS, unigram([*special, added(32, "zibo", **flags)])
    for ignores in (False, True):
        yield f"byte ignore {ignores}", WHOLE, byte_level(
            {"\u0120zibo": 256, "zi": 257}, [], [("z", "i")], ignore_merges=ignores)
        yield f"first ignore {ignores}", WHOLE, pieces(
            {BLANK + "zibo": 258}, [unknown], "first", ignore_merges=ignores)


def main() -> None:
    found = []
    for name, texts, content in cases():
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        reference = Tokenizer.from_str(text)
        found.append({"name": name, "texts": texts, "tokenizer": text,
                      "ids": [reference.encode(line, add_special_tokens=False).ids for line in texts]})
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()

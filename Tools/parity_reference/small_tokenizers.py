"""Small tokenizers in the forms published checkpoints use, trained on a few sentences."""

from __future__ import annotations

import collections
import json
import math
import struct
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

SENTENCES = [
    "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite "
    "answers to the human's questions. USER: ASSISTANT: Please caption this image of zibo.",
    "zibo sits on a wooden table next to a red mug. Two dogs are playing in the garden, and a bird is watching them.",
    "You are a helpful assistant. [INST] What is the colour of the teapot? [/INST] It's blue; we've 12 of them, they'll cost 345.",
    "système naïve façade über straße año niño Ålesund",
] * 3

#: Texts both sides tokenize: seams, digits, line ends, characters outside the vocabulary, text that looks like special tokens.
TEXTS = [
    "A chat between a curious human. USER: ", "\nPlease caption this image of zibo. ASSISTANT:", " zibo sits on the table",
    "It's 2024, we'VE 1234567 mugs -- don't   ask!\r\n\n  why?\t\n", "naïve façade Å Å é é", "日本語 🙂 emoji", "<s> </s> <0x0A> [INST]",
    "   leading and trailing   ", "x", " ", "ſ's", "١٢٣ Ⅳ ½",
]
# Qwen2's pattern; the same is in the tokenizer.json of every Qwen2 checkpoint.
QWEN_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BLANK = "\u2581"


def sentence_piece(folder: Path, as_model: bool) -> Tokenizer:
    """Llama's form: byte fallback, a space before the first word. `as_model` writes tokenizer.model instead of tokenizer.json."""
    trainer = trainers.BpeTrainer(vocab_size=220, special_tokens=[], show_progress=False)
    draft = Tokenizer(models.BPE())
    draft.normalizer = normalizers.Replace(" ", BLANK)
    draft.train_from_iterator(SENTENCES, trainer)
    trained = json.loads(draft.to_str())["model"]
    pieces = [piece for piece, _ in sorted(trained["vocab"].items(), key=lambda item: item[1])]
    characters = [piece for piece in pieces if len(piece) == 1]
    longer = [piece for piece in pieces if len(piece) > 1]
    ordered = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + longer + characters
    vocabulary = {piece: index for index, piece in enumerate(ordered)}
    # As sentencepiece does, a piece may be joined from any two pieces; the earlier piece wins.
    merges = []
    for piece in longer:
        splits = [(piece[:cut], piece[cut:]) for cut in range(1, len(piece))]
        known = [pair for pair in splits if pair[0] in vocabulary and pair[1] in vocabulary]
        merges += sorted(known, key=lambda pair: (vocabulary[pair[0]], vocabulary[pair[1]]))
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(BLANK), normalizers.Replace(" ", BLANK)])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(BLANK, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    if as_model:
        scores = {piece: -float(index) for index, piece in enumerate(longer)}
        (folder / "tokenizer.model").write_bytes(model_file(ordered, scores))
    else:
        tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in ("<unk>", "<s>", "</s>")])
        tokenizer.save(str(folder / "tokenizer.json"))
    plain = Tokenizer(tokenizer.model)
    plain.normalizer, plain.decoder = tokenizer.normalizer, tokenizer.decoder
    return plain


def model_file(pieces: list[str], scores: dict[str, float], algorithm: int = 2, characters: bytes = b"") -> bytes:
    """sentencepiece's ModelProto: pieces (1), trainer_spec (2), normalizer_spec (3)."""

    def field(number: int, payload: bytes) -> bytes:
        return varint(number << 3 | 2) + varint(len(payload)) + payload

    def varint(value: int) -> bytes:
        result = bytearray()
        while True:
            value, low = value >> 7, value & 0x7F
            result.append(low | (0x80 if value else 0))
            if not value:
                return bytes(result)

    kinds = {"<unk>": 2, "<s>": 3, "</s>": 3, "<pad>": 3}
    body = b""
    for piece in pieces:
        kind = kinds.get(piece, 6 if piece.startswith("<0x") and len(piece) == 6 else 1)
        # Characters come last in the file and lose against every merge.
        score = scores.get(piece, 0.0 if kind != 1 else -1e6)
        payload = field(1, piece.encode()) + varint(2 << 3 | 5) + struct.pack("<f", score) + varint(3 << 3) + varint(kind)
        body += field(1, payload)
    trainer = varint(3 << 3) + varint(algorithm) + varint(35 << 3) + varint(algorithm - 1)
    normalizer = field(1, b"nmt_nfkc" if characters else b"identity")
    normalizer += (field(2, characters) if characters else b"") + varint(3 << 3) + varint(1) + varint(4 << 3) + varint(algorithm == 1)
    return body + field(2, trainer) + field(3, normalizer)


def byte_level(folder: Path) -> Tokenizer:
    """Qwen2's form."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN_PATTERN), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    plain = Tokenizer.from_str(tokenizer.to_str())
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in specials])
    tokenizer.save(str(folder / "tokenizer.json"))
    return plain


def smollm(folder: Path, specials: list[str]) -> Tokenizer:
    """SmolVLM's form: SmolLM2's, each digit by itself, with `specials` behind the vocabulary."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    first = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=first, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    # Line ends of two rows that follow each other are one token, as in the published vocabulary.
    tokenizer.train_from_iterator(SENTENCES + ["User: What is it?\n\nAssistant: zibo.\n\n"] * 6, trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in first + specials])
    tokenizer.save(str(folder / "tokenizer.json"))
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def gpt2(folder: Path, as_lists: bool) -> Tokenizer:
    """OPT's form: GPT-2's with four special tokens first. `as_lists` writes vocab.json and merges.txt instead of tokenizer.json."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(
        vocab_size=380, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    if as_lists:
        (folder / "vocab.json").write_text(json.dumps(trained["vocab"]))
        merges = [" ".join(merge) if isinstance(merge, list) else merge for merge in trained["merges"]]
        (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
        (folder / "special_tokens_map.json").write_text(
            json.dumps({"bos_token": {"content": "</s>"}, "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}))
    else:
        copy = Tokenizer.from_str(tokenizer.to_str())
        copy.add_special_tokens([AddedToken("<image>", normalized=False, special=True)])
        copy.save(str(folder / "tokenizer.json"))
    plain = Tokenizer(models.BPE(trained["vocab"], [tuple(merge) for merge in json.loads(tokenizer.to_str())["model"]["merges"]]))
    plain.pre_tokenizer, plain.decoder = tokenizer.pre_tokenizer, tokenizer.decoder
    return plain


#: Some of what T5 writes otherwise: ligatures, fractions, other spaces, decomposed letters.
CHARACTERS = {
    "\n": " ", "\t": " ", "\r": " ", "\u00a0": " ", "½": "1⁄2", "ﬁ": "fi", "Å": "Å", "A\u030a": "Å", "e\u0301": "é", "Ⅳ": "IV", "ſ": "s", "\u200b": "",
}


def character_map(entries: dict[str, str]) -> bytes:
    """sentencepiece's precompiled_charsmap: the size of a double-array trie, the trie, texts that end with 0."""
    texts, places = b"", {}
    for key, text in entries.items():
        places[key.encode()] = len(texts)
        texts += text.encode() + b"\0"
    prefixes = sorted({key[:length] for key in places for length in range(len(key) + 1)})
    base = {prefix: 256 * (index + 1) for index, prefix in enumerate(prefixes)}
    units = [0] * (256 * (len(prefixes) + 1))
    units[0] = base[b""] << 10
    for prefix in prefixes[1:]:
        at = base[prefix[:-1]] + prefix[-1]
        units[at] = (at ^ base[prefix]) << 10 | prefix[-1] | (prefix in places) << 8
        if prefix in places:
            units[base[prefix]] = 1 << 31 | places[prefix]
    trie = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(trie)) + trie + texts


def unigram_pieces(tokenizer: Tokenizer, specials: list[str], count: int = 257) -> list[tuple[str, float]]:
    """Pieces with the logarithms of their frequencies, the commonest stretches of words first.

    Counted here, since the library's trainer orders equal pieces differently in each process: a seed must give one checkpoint.
    """
    stretches = collections.Counter()
    for sentence in SENTENCES:
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(sentence)):
            for start in range(len(word)):
                for end in range(start + 1, min(len(word), start + 8) + 1):
                    stretches[word[start:end]] += 1
    characters = sorted(piece for piece in stretches if len(piece) == 1)
    longer = sorted((piece for piece in stretches if len(piece) > 1), key=lambda piece: (-stretches[piece] * len(piece), piece))
    chosen = characters + longer[:count - len(characters)]
    total = sum(stretches[piece] for piece in chosen)
    chosen.sort(key=lambda piece: (-stretches[piece], piece))
    # A little apart, so that no word has two best ways to be cut.
    scores = {piece: math.log(stretches[piece] / total) - 1e-3 * math.sqrt(index) for index, piece in enumerate(chosen)}
    return [(name, 0.0) for name in specials] + list(scores.items())


def unigram(folder: Path, as_model: bool) -> Tokenizer:
    """T5's form. `as_model` writes spiece.model instead of tokenizer.json."""
    characters = character_map(CHARACTERS)
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Precompiled(characters)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    specials = ["<pad>", "</s>", "<unk>"]
    trained = unigram_pieces(tokenizer, specials)
    tokenizer.model = models.Unigram(trained, unk_id=2, byte_fallback=False)
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in specials])
    if as_model:
        (folder / "spiece.model").write_bytes(model_file([piece for piece, _ in trained], dict(trained), 1, characters))
    else:
        tokenizer.save(str(folder / "tokenizer.json"))
    # Names that no text has: what looks like a special token in a text is text.
    hidden = [(chr(0xE000 + index), score) if index < len(specials) else (piece, score) for index, (piece, score) in enumerate(trained)]
    plain = Tokenizer(models.Unigram(hidden, unk_id=2, byte_fallback=False))
    plain.normalizer, plain.pre_tokenizer, plain.decoder = tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder
    return plain

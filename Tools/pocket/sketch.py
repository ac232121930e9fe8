"""The sketch: a small decoder that says what it sees in a picture's map, in a few words, before the language model speaks.

It reads the map's 49 cells and the picture's best tags, and writes words of its own vocabulary. What it writes stands in the
language model's prompt. It is trained on real photos in minutes and sees nothing of the language model.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from .phrases import article

SPECIAL = ["<pad>", "<end>", "<caption>", "<question>", "<answer>", "<unknown>"]
PAD, END, CAPTION, QUESTION, ANSWER, UNKNOWN = range(len(SPECIAL))
# What no caption holds.
UNSAID = [PAD, CAPTION, QUESTION, ANSWER, UNKNOWN]
CELLS, TAGS = 49, 3
# How a caption is looked for. The first tag is named in it where its probability is `certain`, or `likely` while the score of the
# caption is below `unsure`.
SEARCH = {"beams": 3, "length_penalty": 0.7, "limit": 20, "certain": 0.9, "likely": 0.6, "unsure": -1.8}


@dataclass(frozen=True)
class SketchShape:
    features: int = 1280
    width: int = 256
    heads: int = 4
    layers: int = 2
    inner: int = 1024
    longest: int = 28


NUMBERS = dict(zip("123456789", "one two three four five six seven eight nine".split()))


def spoken(text: str) -> list[str]:
    """The words of a text as the sketch writes them: "t-shirt" is one, "man's" two, small numbers are written out."""
    found = re.findall(r"'s|[a-z]+(?:-[a-z]+)*|[0-9]+", re.sub(r"\s*'s\b", " 's", text.lower().replace("\u2019", "'")))
    return [NUMBERS.get(word, word) for word in found if not word.isdigit() or word in NUMBERS]


def written(words: list[str]) -> str:
    """The text of words that `spoken` cut."""
    return " ".join(words).replace(" 's", "'s")


class Vocabulary:
    """Words and their numbers; the words of a tag are looked up one by one."""

    def __init__(self, words: list[str]):
        self.words = words
        self.numbers = {word: i for i, word in enumerate(words)}

    def encode(self, words: list[str]) -> list[int]:
        return [self.numbers.get(word, UNKNOWN) for word in words]

    def spell(self, tags: list[str]) -> list[list[int]]:
        """The numbers of each tag's words, of which a tag has at least one."""
        return [self.encode(spoken(tag)) or [UNKNOWN] for tag in tags]

    def decode(self, numbers: list[int]) -> str:
        return written([self.words[n] for n in numbers if n >= len(SPECIAL)])


class Attention(nn.Module):
    def __init__(self, shape: SketchShape, dropout: float):
        super().__init__()
        width = shape.width
        self.heads, self.dropout = shape.heads, dropout
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)

    def split(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(-3, -2)

    def forward(self, x: torch.Tensor, key: torch.Tensor, value: torch.Tensor, causal: bool) -> torch.Tensor:
        y = F.scaled_dot_product_attention(
            self.split(self.query(x)), key, value, is_causal=causal, dropout_p=self.dropout if self.training else 0.0)
        return self.out(y.transpose(-3, -2).flatten(-2))

    def rows(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.split(self.key(x)), self.split(self.value(x))


class Layer(nn.Module):
    """Pre-norm: self-attention, attention to the picture, MLP."""

    def __init__(self, shape: SketchShape, dropout: float):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(shape.width) for _ in range(3))
        self.own, self.seen = Attention(shape, dropout), Attention(shape, dropout)
        self.inner, self.outer = nn.Linear(shape.width, shape.inner), nn.Linear(shape.inner, shape.width)
        self.dropout = nn.Dropout(dropout)


class Sketch(nn.Module):
    """`memory` once a picture, then `logits` of token sequences or `step` by step."""

    def __init__(self, shape: SketchShape, vocabulary: Vocabulary, tags: list[list[int]], dropout: float = 0.1):
        super().__init__()
        self.shape, self.vocabulary = shape, vocabulary
        self.embed = nn.Embedding(len(vocabulary.words), shape.width)
        self.places = nn.Parameter(torch.zeros(shape.longest, shape.width))
        self.cells = nn.Linear(shape.features, shape.width)
        self.cell_places = nn.Parameter(torch.zeros(CELLS, shape.width))
        self.cell_norm, self.norm = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.tag = nn.Linear(shape.width, shape.width)
        self.tag_places = nn.Parameter(torch.zeros(TAGS, shape.width))
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.layers))
        self.bias = nn.Parameter(torch.zeros(len(vocabulary.words)))
        self.dropout = nn.Dropout(dropout)
        self.starts = [vocabulary.encode(spoken(article(name))) if (name := vocabulary.decode(t)) else [] for t in tags]
        longest = max(len(t) for t in tags)
        self.register_buffer("tag_words", torch.tensor([t + [PAD] * (longest - len(t)) for t in tags]), persistent=False)
        for parameter in (self.embed.weight, self.places, self.cell_places, self.tag_places):
            nn.init.normal_(parameter, std=0.02)
        for layer in self.layers:
            for out in (layer.own.out, layer.seen.out, layer.outer):
                nn.init.normal_(out.weight, std=0.02 / math.sqrt(2 * shape.layers))

    def memory(self, features: torch.Tensor, tags: torch.Tensor, chances: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Keys and values of each layer: `features [B, 49, 1280]`, the best tags `[B, 3]` and their probabilities."""
        cells = self.cell_norm(self.cells(self.dropout(features)) + self.cell_places)
        spelled = self.tag_words[tags]
        counted = (spelled != PAD)[..., None]
        rows = (self.embed(spelled) * counted).sum(-2) / counted.sum(-2).clamp(min=1) * math.sqrt(self.shape.width)
        rows = self.cell_norm(self.tag(rows) * chances[..., None].sqrt() + self.tag_places)
        seen = self.dropout(torch.cat((cells, rows), 1))
        return [layer.seen.rows(seen) for layer in self.layers]

    def hidden(self, tokens: torch.Tensor, memory, past=None) -> torch.Tensor:
        """`[B, T, width]` after the last norm. With `past`, a list that is extended, one token each is added to it."""
        start = 0 if past is None or not past else past[0][0].shape[-2]
        x = self.dropout(self.embed(tokens) * math.sqrt(self.shape.width) + self.places[start : start + tokens.shape[1]])
        for number, layer in enumerate(self.layers):
            h = layer.norm1(x)
            key, value = layer.own.rows(h)
            if past is not None:
                if len(past) > number:
                    key, value = torch.cat((past[number][0], key), -2), torch.cat((past[number][1], value), -2)
                    past[number] = key, value
                else:
                    past.append((key, value))
            x = x + layer.dropout(layer.own(h, key, value, causal=past is None))
            x = x + layer.dropout(layer.seen(layer.norm2(x), *memory[number], causal=False))
            x = x + layer.dropout(layer.outer(F.gelu(layer.inner(layer.norm3(x)))))
        return self.norm(x)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return F.linear(hidden, self.embed.weight, self.bias)

    @torch.no_grad()
    def caption(self, features: torch.Tensor, tags: torch.Tensor, chances: torch.Tensor, way: dict = SEARCH) -> list[str]:
        """What is said of pictures. Where the first tag is to be named and the caption lacks its noun, one that begins with the tag."""
        memory = self.memory(features, tags, chances)
        found = self.search(memory)

        def lacks(row: int) -> bool:
            (score, words), tag, chance = found[row], int(tags[row, 0]), float(chances[row, 0])
            asked = chance >= way["certain"] or chance >= way["likely"] and score < way["unsure"]
            return asked and bool(self.starts[tag]) and not self.is_named(tag, words)

        lacking = [row for row in range(len(found)) if lacks(row)]
        if lacking:
            again = self.search([(k[lacking], v[lacking]) for k, v in memory], starts=[self.starts[tags[row, 0]] for row in lacking])
            for row, one in zip(lacking, again):
                found[row] = one
        return [self.vocabulary.decode(words) for _, words in found]

    def is_named(self, tag: int, words: list[int]) -> bool:
        """Whether words hold a tag's noun, which is its last word, in singular or plural."""
        noun = self.vocabulary.words[self.starts[tag][-1]]
        forms = {noun, noun + "s", noun + "es", noun.removesuffix("s")}
        return any(self.vocabulary.words[word] in forms for word in words)

    @torch.no_grad()
    def search(
        self, memory, beams: int = SEARCH["beams"], limit: int = SEARCH["limit"], penalty: float = SEARCH["length_penalty"],
        starts: list[list[int]] | None = None,
    ) -> list[tuple[float, list[int]]]:
        """The best caption of each picture and its score: beams side by side, no pair of words twice, score / length ** penalty.

        `starts` are words that each picture's caption begins with; they cost nothing.
        """
        count = memory[0][0].shape[0]
        wide = [(k.repeat_interleave(beams, 0), v.repeat_interleave(beams, 0)) for k, v in memory]
        scores = torch.full((count, beams), -1e9)
        scores[:, 0] = 0
        said: list[list[int]] = [[] for _ in range(count * beams)]
        tokens = torch.full((count * beams, 1), CAPTION)
        best: list[tuple[float, list[int]]] = [(-math.inf, []) for _ in range(count)]
        over = [False] * count
        past: list = []
        for length in range(1, limit + 1):
            chances = self.logits(self.hidden(tokens, wide, past)[:, -1]).log_softmax(-1)
            chances[:, UNSAID] = -1e9
            for row, words in enumerate(said):
                if words:
                    repeated = [b for a, b in zip(words, words[1:]) if a == words[-1]]
                    chances[row, repeated + [words[-1]]] = -1e9
            for picture, start in enumerate(starts or []):
                if length <= len(start):
                    chances[picture * beams : (picture + 1) * beams] = -1e9
                    chances[picture * beams : (picture + 1) * beams, start[length - 1]] = 0
            total = (scores[:, :, None] + chances.view(count, beams, -1)).flatten(1)
            found, places = total.topk(2 * beams, -1)
            order, tokens_next, kept_scores = [], [], []
            for picture in range(count):
                kept = 0
                for value, place in zip(found[picture].tolist(), places[picture].tolist()):
                    beam, token = divmod(place, chances.shape[-1])
                    row = picture * beams + beam
                    if over[picture]:
                        break
                    if token == END or length == limit:
                        words = said[row] + ([] if token == END else [token])
                        best[picture] = max(best[picture], (value / (length**penalty), words))
                    elif kept < beams:
                        order.append(row)
                        tokens_next.append(token)
                        kept_scores.append(value)
                        kept += 1
                while kept < beams:
                    order.append(picture * beams)
                    tokens_next.append(END)
                    kept_scores.append(-1e9)
                    kept += 1
            if length == limit:
                break
            said = [said[row] + [token] for row, token in zip(order, tokens_next)]
            chosen = torch.tensor(order)
            past[:] = [(k[chosen], v[chosen]) for k, v in past]
            scores = torch.tensor(kept_scores).view(count, beams)
            tokens = torch.tensor(tokens_next)[:, None]
            over = [over[p] or best[p][0] >= kept_scores[p * beams] / (length**penalty) for p in range(count)]
            if all(over):
                break
        return best


def read_sketch(folder: Path, tags: list[str]) -> Sketch | None:
    """The sketch of a model directory that has one; `tags` are the everyday names of its classes."""
    config = json.loads((folder / "config.json").read_text()).get("sketch")
    if config is None:
        return None
    tensors = {name: value.float() for name, value in load_file(folder / config["file"]).items()}
    heads, words = config["heads"], Vocabulary(json.loads((folder / config["words"]).read_text()))
    layers = len({name.split(".")[1] for name in tensors if name.startswith("layers.")})
    shape = SketchShape(
        tensors["cells.weight"].shape[1], tensors["embed.weight"].shape[1], heads, layers, tensors["layers.0.inner.weight"].shape[0],
        tensors["places"].shape[0])
    sketch = Sketch(shape, words, words.spell(tags))
    sketch.load_state_dict(tensors)
    return sketch.eval().requires_grad_(False)

"""What the sketch learns from: captions, questions and names of things, as rows of numbers."""

from __future__ import annotations

import functools
import json
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from . import folder as folders
from .phrases import article
from .prompts import TAG_MINIMUM, Tagger
from .sketch import CAPTION, END, PAD, SPECIAL, TAGS, Sketch, SketchShape, Vocabulary, spoken, written
from .truth import COLOURS, STOP, stem

NAMING = ["{a}", "a close up of {a}", "a photo of {a}", "there is {a}", "a picture of {a}"]
ASKING = ["is there {a} in the picture", "are there any {n} in the picture", "is there {a}", "can you see {a}", "is this {a}"]


@dataclass
class Corpus:
    """Photos by their place in the cached maps, with what is said of each; `held_out` are never drawn."""

    captions: list[list[list[str]]]
    questions: list[list[tuple[list[str], list[str]]]]
    train: list[int]
    flickr: list[int]
    coco: list[int]
    things: list[tuple[int, str]]

    @property
    def held_out(self) -> list[int]:
        return self.flickr + self.coco


def corpus(folder: folders.Folder, kept_back: folders.Split, things: list[str]) -> Corpus:
    """`things` are names of further maps that follow the folder's photos. Captions of held-out photos are left out of the rest."""
    held_out = kept_back.names
    forbidden = {tuple(spoken(c)) for p in folder.photos if p.name in held_out for c in p.captions}
    captions, questions, train = [], [], []
    for place, photo in enumerate(folder.photos):
        said = [spoken(c) for c in photo.captions]
        if photo.name not in held_out:
            said = [c for c in said if tuple(c) not in forbidden]
            train.append(place)
        captions.append(said)
        questions.append([(spoken(q), spoken(a)) for q, a in photo.questions if spoken(a)])
    count = len(folder.photos)
    return Corpus(
        captions, questions, [i for i in train if captions[i] or questions[i]], folder.named(kept_back.flickr), folder.named(kept_back.coco),
        [(count + i, name) for i, name in enumerate(things)])


def balanced(corpus: Corpus) -> list[list[tuple[list[str], list[str]]]]:
    """The questions of each photo, each question left with as many training photos where the answer is yes as where it is no.

    People were asked the same of two photos to get both answers. Where the other photo is kept back, a question that is left with
    one answer teaches to answer without looking, and wrongly.
    """
    asked: dict[tuple[str, ...], Counter] = defaultdict(Counter)
    for place in corpus.train:
        for question, answer in corpus.questions[place]:
            asked[tuple(question)][answer[0]] += 1
    kept: dict[tuple[str, ...], Counter] = defaultdict(Counter)
    found = [list(rows) for rows in corpus.questions]
    for place in corpus.train:
        found[place] = []
        for question, answer in corpus.questions[place]:
            counts, so_far = asked[tuple(question)], kept[tuple(question)]
            if answer not in (["yes"], ["no"]) or so_far[answer[0]] < min(counts["yes"], counts["no"]):
                so_far[answer[0]] += 1
                found[place].append((question, answer))
    return found


def vocabulary(corpus: Corpus, tags: list[str], least: int = 4) -> Vocabulary:
    """Words that occur often enough in training, and every word of a tag or a thing's name."""
    counts: Counter = Counter()
    for place in corpus.train:
        for caption in corpus.captions[place]:
            counts.update(caption)
        for question, answer in corpus.questions[place]:
            counts.update(question + answer)
    always = {word for name in tags + [name for _, name in corpus.things] for word in spoken(name)}
    always |= {word for form in NAMING + ASKING for word in spoken(form.format(a="a", n=""))} | {"yes", "no"}
    kept = sorted(always | {word for word, count in counts.items() if count >= least})
    return Vocabulary(SPECIAL + kept)


def best_tags(logits: np.ndarray, tagger: Tagger) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and probabilities of the three best tags of each row of class logits; those the prompt leaves out have 0."""
    numbers, chances = np.zeros((len(logits), TAGS), np.int64), np.zeros((len(logits), TAGS), np.float32)
    for row, one in enumerate(logits):
        found = tagger.probabilities(one)
        order = np.argsort(-found, kind="stable")[:TAGS]
        numbers[row], chances[row] = order, np.where((found[order] >= TAG_MINIMUM) | (np.arange(TAGS) == 0), found[order], 0)
    return numbers, chances


class Rows:
    """Token rows of one batch: captions as inputs, targets (PAD behind the end), and whose picture each row is about."""

    def __init__(self, longest: int):
        self.longest, self.inputs, self.targets, self.pictures = longest, [], [], []

    def add(self, picture: int, caption: list[int]) -> None:
        caption = caption[: self.longest - 2] + [END]
        self.inputs.append([CAPTION, *caption[:-1]])
        self.targets.append(caption)
        self.pictures.append(picture)

    def tensors(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        width = max(len(row) for row in self.inputs)
        inputs = torch.tensor([row + [PAD] * (width - len(row)) for row in self.inputs])
        targets = torch.tensor([row + [PAD] * (width - len(row)) for row in self.targets])
        return inputs, targets, torch.tensor(self.pictures)


class Wanted(NamedTuple):
    """A cached map, and where they are not the picture's own, the numbers and probabilities of its tags."""

    place: int
    view: int = 0
    tags: tuple[list[int], list[float]] | None = None


class Drawer:
    """Draws batches; the same step draws the same batch, whatever was drawn before.

    Some pictures are shown with another tag than their own, and their captions with its name for the thing: photos of people and
    dogs hold few of the things that people own, and so the sketch learns to take a name from a sure tag.
    """

    thing_share, caption_count, question_count = 0.15, 3, 2
    # Of the photos with a tag's name in their captions, and of the single things.
    swapped_photos, swapped_things = 0.1, 0.5

    def __init__(self, corpus: Corpus, words_: Vocabulary, shape: SketchShape, views: int, seed: int, tags: list[str]):
        self.tags = [spoken(tag) for tag in tags]
        self.single = {words[0]: number for number, words in enumerate(self.tags) if len(words) == 1 and words[0] not in STOP}
        self.corpus, self.vocabulary, self.shape, self.views, self.seed = corpus, words_, shape, views, seed
        self.said = {i: {w for c in corpus.captions[i] for w in c} | {stem(w) for c in corpus.captions[i] for w in c} for i in corpus.train}
        counts = Counter(w for i in corpus.train for w in {w for c in corpus.captions[i] for w in c})
        self.asked_of = balanced(corpus)
        # Sorted: the order of a set is another in every process, and a step must draw the same in each.
        self.asked = sorted(w for w, n in counts.items() if n >= 40 and w not in STOP and w not in COLOURS and len(w) > 2)
        self.weights = np.cumsum([counts[w] ** 0.5 for w in self.asked])

    def places(self, step: int, size: int) -> list[int]:
        """The photos of a batch: every photo once an epoch, in an order of the epoch's own."""
        numbers = (divmod(number, len(self.corpus.train)) for number in range(step * size, (step + 1) * size))
        return [self.order(epoch)[place] for epoch, place in numbers]

    @functools.lru_cache(maxsize=2)
    def order(self, epoch: int) -> list[int]:
        order = list(self.corpus.train)
        random.Random(self.seed * 1009 + epoch).shuffle(order)
        return order

    def batch(self, step: int, size: int) -> tuple[list[Wanted], Rows]:
        """The pictures and the rows about them."""
        rng = random.Random(self.seed * 1_000_003 + step)
        things = round(size * self.thing_share) if self.corpus.things else 0
        rows, pictures = Rows(self.shape.longest), []
        for place in self.places(step, size - things):
            number = len(pictures)
            view, said = rng.randrange(self.views), self.corpus.captions[place]
            swapped = self.swap(said, rng) if rng.random() < self.swapped_photos else None
            if swapped:
                tags, said = swapped
                pictures.append(Wanted(place, view, tags))
                for caption in rng.sample(said, min(len(said), self.caption_count)):
                    rows.add(number, self.vocabulary.encode(caption))
                continue
            pictures.append(Wanted(place, view))
            for caption in rng.sample(said, min(len(said), self.caption_count)):
                rows.add(number, self.vocabulary.encode(caption))
        for _ in range(things):
            place, name = rng.choice(self.corpus.things)
            tags = None
            if rng.random() < self.swapped_things:
                number = rng.randrange(len(self.tags))
                name, tags = written(self.tags[number]), self.sure(number, rng)
            rows.add(len(pictures), self.vocabulary.encode(spoken(rng.choice(NAMING).format(a=article(name)))))
            pictures.append(Wanted(place, rng.randrange(self.views), tags))
        return pictures, rows

    def sure(self, number: int, rng: random.Random) -> tuple[list[int], list[float]]:
        """A tag with a good share of the probability, and others behind it with some of the rest."""
        found, chances, rest = [number], [rng.uniform(0.35, 1.0)], 1.0
        while len(found) < TAGS:
            rest -= chances[-1]
            chance = rest * rng.uniform(0.1, 0.8)
            found.append(rng.randrange(len(self.tags)))
            chances.append(min(chance, chances[-1]) if chance >= TAG_MINIMUM else 0.0)
        return found, chances

    def swap(self, captions: list[list[str]], rng: random.Random) -> tuple[tuple[list[int], list[float]], list[list[str]]] | None:
        """Another tag in the place of one that the captions name, and those captions; nothing where they name none."""
        named = [word for caption in captions for word in caption if word in self.single]
        if not named:
            return None
        old, number = rng.choice(named), rng.randrange(len(self.tags))
        name = written(self.tags[number])
        found = []
        for caption in captions:
            if old not in caption:
                continue
            words = list(caption)
            place = words.index(old)
            with_article = place > 0 and words[place - 1] in ("a", "an")
            words[place - with_article : place + 1] = spoken(article(name) if with_article else name)
            found.append(words)
        return self.sure(number, rng), found

    def questions(self, place: int, rng: random.Random) -> list[tuple[list[str], list[str]]]:
        asked = self.asked_of[place]
        found = rng.sample(asked, min(len(asked), self.question_count))
        said = self.corpus.captions[place]
        # Of one or two captions too much is missing for a "no".
        if len(said) >= 4 and len(found) < self.question_count and self.asked:
            form = rng.choice(ASKING)
            if rng.random() < 0.5:
                there = [w for c in said for w in c if w not in STOP and w not in COLOURS and len(w) > 2 and not w.endswith("ing")]
                noun, answer = (rng.choice(there), "yes") if there else ("picture", "yes")
            else:
                noun = self.asked[int(np.searchsorted(self.weights, rng.random() * self.weights[-1]))]
                answer = "no"
                if noun in self.said[place] or stem(noun) in self.said[place]:
                    return found
            found.append((spoken(form.format(a=article(noun), n=noun)), [answer]))
        return found


def read_things(root: Path, classes: list[dict[str, str]]) -> tuple[list[str], list[str]]:
    """Files and everyday names of a folder of single things (`labels.json`: {file: {name, source}})."""
    everyday = {row["name"].lower(): row["tag"] for row in classes}
    labels = json.loads((root / "labels.json").read_text())
    files = sorted(labels)
    return files, [everyday.get(labels[f]["name"].lower(), labels[f]["name"].lower()) for f in files]


def known_words(vocabulary: Vocabulary, tokenizer, embed: torch.Tensor, width: int, size: float = 0.04) -> torch.Tensor:
    """`[words, width]`: where the sketch's words lie at first, the main directions of the language model's own embeddings."""
    rows = [embed[tokenizer.encode(" " + word, add_special_tokens=False).ids].mean(0) for word in vocabulary.words]
    table = torch.stack(rows)
    table = table - table.mean(0)
    _, _, directions = torch.linalg.svd(table, full_matrices=False)
    found = table @ directions[:width].T
    return found / found.std() * size


def sketched(sketch: Sketch | None, tagger: Tagger, features: torch.Tensor, logits: np.ndarray) -> str | None:
    """What the sketch, where there is one, says of a picture: `features [49, 1280]` and its class logits."""
    if sketch is None:
        return None
    numbers, chances = best_tags(logits[None], tagger)
    return sketch.caption(features[None], torch.from_numpy(numbers), torch.from_numpy(chances))[0]

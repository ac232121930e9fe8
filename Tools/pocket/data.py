"""Training items: one visual prefix (tags and feature map) shared by several short answers."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from . import phrases
from .phrases import Rules, article, clean, random_name
from .prompts import TAG_COUNT, Tagger, suffix_text


@dataclass
class Branch:
    """One answer: the text after the visual rows, the target, and what the concept rows spell (empty: no rows)."""

    suffix: str
    target: str
    rows: list[list[str]] = field(default_factory=list)


@dataclass
class Item:
    features: np.ndarray
    tags: list[str]
    branches: list[Branch]
    # Nothing: no sketch is drawn.
    sketch: str | None = None


class Prototypes:
    """Class means recovered from the classifier: mean + s * Sigma (w_k - mean w), Sigma shrunk to its diagonal."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray, pooled: np.ndarray, shrinkage: float = 0.3):
        self.weight, self.bias, self.mean = weight, bias, pooled.mean(0)
        sigma = np.cov(pooled.T).astype(np.float32)
        sigma = (1 - shrinkage) * sigma + shrinkage * np.diag(np.diag(sigma))
        self.directions = ((weight - weight.mean(0)) @ sigma).astype(np.float32)
        # Scales at which the class gets half and nine tenths of the probability.
        self.scales = np.stack([self.solve(p) for p in (0.5, 0.9)], 1)

    def solve(self, probability: float) -> np.ndarray:
        low, high = np.zeros(len(self.weight)), np.full(len(self.weight), 64.0)
        for _ in range(18):
            middle = (low + high) / 2
            logits = self.logits(np.clip(self.mean + middle[:, None] * self.directions, 0, 6))
            logits -= logits.max(1, keepdims=True)
            reached = np.exp(np.diag(logits)) / np.exp(logits).sum(1) >= probability
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        return high.astype(np.float32)

    def logits(self, pooled: np.ndarray) -> np.ndarray:
        return pooled @ self.weight.T + self.bias

    def pooled(self, index: int, rng: random.Random) -> np.ndarray:
        low, high = self.scales[index]
        return np.clip(self.mean + rng.uniform(low, 1.15 * high) * self.directions[index], 0, 6)


class Source:
    """Draws training items from photos, captions without photos, templates, small crops and rendered pictures."""

    crop_share = 0.2
    picture_share = 0.25

    def __init__(self, maps, logits, captions, train, text_groups, tagger: Tagger, prototypes: Prototypes, mix=(0.42, 0.22),
                 reshaped_share: float = 0.0, crops=None, pictures=None):
        self.maps, self.logits, self.captions, self.train = maps, logits, captions, train
        self.tagger, self.prototypes, self.mix, self.reshaped_share = tagger, prototypes, mix, reshaped_share
        self.rules = Rules(tagger.names)
        # Plain views in memory, and for every channel training photos in which it is active but not everywhere.
        self.layouts = np.asarray(maps[:, 0])
        pooled = self.layouts.astype(np.float32).mean(1)[train]
        self.donors = np.asarray(train)[np.argsort(-pooled, axis=0)[20:200]]
        self.crops, self.pictures = crops, pictures
        self.pictures_of = defaultdict(list)
        for number, word in enumerate(pictures[2] if pictures else []):
            self.pictures_of[word].append(number)
        self.classes = defaultdict(list)
        # Words that the classifier was taught have no prototype.
        for index, tag in enumerate(tagger.index[: len(prototypes.scales)]):
            self.classes[tagger.names[tag]].append(index)
        self.scene_photos = {w: [i for i in train if any(w in c.split() for c in captions[i])] for w in phrases.SCENES}
        self.scene_photos = {w: found for w, found in self.scene_photos.items() if found}
        people = set(phrases.PEOPLE + phrases.PLURALS)
        self.person_photos = {w: [i for i in train if any(w in c.split() for c in captions[i])] for w in people}
        self.empty_photos = [i for i in train if not any(people & set(c.split()) for c in captions[i])]
        # Words a tag is not written as, so that a caption's noun finds its class.
        self.aliases = {"puppy": "dog", "bike": "bicycle", "sunglass": "sunglasses", "kitten": "cat", "sneakers": "sneaker", "motorbike": "scooter"}
        self.text_groups = [(group, found) for group in text_groups if (found := self.mentioned(" ".join(group)))]
        # Rare tags are drawn more often than the dogs that fill the corpus.
        count = defaultdict(int)
        for _, found in self.text_groups:
            for tag in found:
                count[tag] += 1
        weights = np.array([sum(count[tag] ** -0.6 for tag in found) for _, found in self.text_groups])
        self.text_weights = np.cumsum(weights / weights.sum())

    def mentioned(self, text: str) -> set[str]:
        """The tags whose words occur in the text, singular or plural."""
        words = re.findall(r"[a-z-]+", text.lower())
        joined = set(words) | {w[:-1] for w in words if w.endswith("s")} | {" ".join(p) for p in zip(words, words[1:])}
        joined |= {self.aliases[w] for w in words if w in self.aliases}
        return {tag for tag in self.classes if tag in joined} - {"match", "iron", "pick", "wall", "nail", "fly", "stand", "fan", "scale", "hook"}

    def tags(self, logits: np.ndarray, rng: random.Random, truth: list[str]) -> list[str]:
        """Tags as at inference; for synthetic maps the true ones are made sure of and usually come first."""
        tags = [tag for tag, _ in self.tagger(logits)]
        if truth:
            rest = [tag for tag in tags if tag not in truth]
            if rng.random() < 0.4:
                rest = [rng.choice(self.tagger.names) for _ in range(TAG_COUNT)]
            rest = rest[: rng.choice((0, 1, 2, 2, 2))]
            kept = truth[:TAG_COUNT]
            if rng.random() < 0.85:
                tags = kept + rest
            else:
                tags = rest[:1] + kept + rest[1:]
        elif rng.random() < 0.1:
            tags = [tag for tag in tags if rng.random() < 0.7] or tags[:1]
        return tags[:TAG_COUNT]

    def branch(self, suffix: str, target: str, rng: random.Random, names=(), nouns=()) -> Branch:
        rows = [[name] + ([noun] if noun and rng.random() < 0.5 else []) for name, noun in zip(names, nouns)]
        return Branch(suffix, target, rows)

    def naming(self, caption: str, rng: random.Random, noun: str | None = None) -> list[Branch]:
        """The caption and a question with the subject's name, asked with and without the name in the prompt."""
        name = random_name(rng)
        if noun:
            named = caption.replace("{np}", name), noun
        else:
            named = self.rules.named(caption, name)
        if not named:
            return []
        text, noun = named
        plain = rng.random() < 0.5
        branches = [self.branch(suffix_text(None if plain else [name]), text, rng, [name], [noun])]
        if rng.random() < 0.12:
            # Two concepts: the caption names both.
            other = random_name(rng)
            both = text.replace(name, f"{name} and {other}", 1).replace(" is ", " are ", 1)
            branches = [self.branch(suffix_text(None if plain else [name, other]), both, rng, [name, other], [noun, noun])]
        if rng.random() < 0.25:
            pairs = self.rules.named_questions(caption.replace("{np}", article(noun)), name, rng)
            if pairs:
                question, answer = rng.choice(pairs)
                branches.append(self.branch(suffix_text([name], question), answer, rng, [name], [noun]))
        return branches

    def from_captions(self, captions: list[str], rng: random.Random) -> list[Branch]:
        captions = rng.sample(captions, len(captions))
        branches = [Branch(suffix_text(), c) for c in captions[:3]]
        for caption in captions[2:]:
            if len(branches) < 5:
                branches += self.naming(caption, rng)
        pairs = [p for c in captions for p in self.rules.questions(c, self.mentioned(c), rng)]
        branches += [Branch(suffix_text(None, q), a) for q, a in rng.sample(pairs, min(len(pairs), 1))]
        return branches

    def photo(self, rng: random.Random) -> Item:
        index = rng.choice(self.train)
        view = rng.randrange(self.maps.shape[1])
        features = self.maps[index, view].astype(np.float32)
        return Item(features, self.tags(self.logits[index, view], rng, []), self.from_captions(self.captions[index], rng))

    def compose(self, tags: list[str], base: int, rng: random.Random, cover: float) -> tuple[np.ndarray, np.ndarray]:
        """Class prototypes laid over a real photo's map: blobs of cells, the pooled change equal to the prototype's."""
        features = self.maps[base, rng.randrange(self.maps.shape[1])].astype(np.float32)
        y, x = np.mgrid[0:7, 0:7]
        for tag in tags:
            index = rng.choice(self.classes[tag])
            radius = rng.uniform(1.6, 4.0) / (len(tags) ** 0.5)
            cy, cx = rng.uniform(1.5, 4.5), rng.uniform(1.5, 4.5)
            stretch = rng.uniform(0.6, 1.6)
            mask = 1 / (1 + np.exp(2 * (np.hypot((y - cy) * stretch, x - cx) - radius)))
            mask = (mask / mask.mean()).reshape(49, 1).astype(np.float32)
            mask = np.minimum(mask, 3.5)
            keep = np.clip(1 - cover * mask / max(mask.max(), 1.0), 0, 1)
            low, high = self.prototypes.scales[index]
            push = rng.uniform(low, 1.2 * high) * self.prototypes.directions[index]
            features = features * keep + self.prototypes.mean * (1 - keep) + push * mask
        features = np.clip(features, 0, 6).astype(np.float32)
        return features, self.prototypes.logits(features.mean(0))

    def reshape(self, tag: str, base: int, rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
        """A real map whose channels are rescaled so that its mean is the class prototype's: as sparse as real maps are."""
        features = self.maps[base, rng.randrange(self.maps.shape[1])].astype(np.float32)
        index = rng.choice(self.classes[tag])
        low, high = self.prototypes.scales[index]
        target = np.clip(self.prototypes.mean + rng.uniform(low, 1.2 * high) * self.prototypes.directions[index], 0, 6)
        pooled = features.mean(0)
        pattern = features / np.maximum(pooled, 1e-6)
        # A channel that is nearly silent in this photo takes its layout from a photo in which it is active.
        lacking = np.flatnonzero(pooled < 0.35 * target)
        donors = self.donors[np.array([rng.randrange(self.donors.shape[0]) for _ in lacking], int), lacking]
        layout = self.layouts[donors, :, lacking].astype(np.float32)
        pattern[:, lacking] = (layout / np.maximum(layout.mean(1, keepdims=True), 1e-6)).T
        # Cells saturate at 6 as ReLU6 does; one correction makes up for what was cut.
        features = np.clip(pattern * target, 0, 6)
        features = np.clip(features * np.clip(target / np.maximum(features.mean(0), 1e-6), 1, 2), 0, 6).astype(np.float32)
        return features, self.prototypes.logits(features.mean(0))

    def text(self, rng: random.Random) -> Item:
        group, found = self.text_groups[min(int(np.searchsorted(self.text_weights, rng.random())), len(self.text_groups) - 1)]
        truth = rng.sample(sorted(found), min(len(found), 2))
        words = set(" ".join(group).split())
        people = [w for w in self.person_photos if w in words and self.person_photos[w]]
        base = rng.choice(self.person_photos[rng.choice(people)] if people else self.empty_photos)
        features, logits = self.compose(truth, base, rng, rng.uniform(0.3, 0.7) if people else rng.uniform(0.6, 0.9))
        return Item(features, self.tags(logits, rng, truth), self.from_captions(list(group), rng))

    def template(self, rng: random.Random) -> Item:
        tag = rng.choice(list(self.classes))
        scene = rng.choice(sorted(self.scene_photos)) if rng.random() < 0.5 else None
        scenes = phrases.SCENES[scene] if scene else phrases.INDOORS
        base = rng.choice(self.scene_photos[scene] if scene else self.train)
        reshaped = rng.random() < self.reshaped_share
        features, logits = self.reshape(tag, base, rng) if reshaped else self.compose([tag], base, rng, rng.uniform(0.75, 1.0))
        features = (features + np.float32(0.05) * np.abs(np.random.default_rng(rng.getrandbits(32)).standard_normal(features.shape))).astype(np.float32)
        return Item(features, self.tags(logits, rng, [tag]), self.templates(tag, scenes, rng))

    def templates(self, tag: str, scenes: list[str], rng: random.Random, bare: float = 0.15) -> list[Branch]:
        """Captions, names and a question for a tag in one of the scenes."""
        one, noun = article(tag), tag
        forms = []
        for _ in range(4):
            form = rng.choice(phrases.BARE_FORMS) if rng.random() < bare else rng.choice(phrases.FORMS)
            forms.append(form.replace("{scene}", re.sub(r"^(sitting|lying|leaning) ", "", rng.choice(scenes))))
        branches = [Branch(suffix_text(), f.replace("{np}", one)) for f in forms[:2]]
        for form in forms[2:]:
            branches += self.naming(form, rng, noun)
        pairs = [("What is in the picture?", one), (f"Where is the {tag}?", re.sub(r"^(sitting|lying|leaning) ", "", rng.choice(scenes))),
                 (f"Is there {one} in the picture?", "yes"), (f"Is there {article(rng.choice(self.tagger.names))} in the picture?", "no"),
                 ("What is this?", one)]
        question, answer = rng.choice(pairs)
        if question != f"Is there {one} in the picture?" or answer == "yes":
            branches.append(Branch(suffix_text(None, question), answer))
        return branches

    def crop(self, rng: random.Random) -> Item:
        """A small crop that the classifier is sure of, with template captions that name its tag."""
        maps, logits, photos = self.crops
        number = rng.randrange(len(photos))
        words = set(" ".join(self.captions[photos[number]]).split())
        scenes = [s for w in phrases.SCENES if w in words and w != "water" for s in phrases.SCENES[w]] or phrases.INDOORS
        tag = self.tagger(logits[number])[0][0]
        return Item(maps[number].astype(np.float32), self.tags(logits[number], rng, []), self.templates(tag, scenes, rng, 0.4))

    def picture(self, rng: random.Random) -> Item:
        """A rendered picture with template captions that name what it shows, whichever of its tags that is.

        Photos often have the word as a later tag, behind what is worn or stands beside it; so have two in five of these.
        """
        maps, logits, _ = self.pictures
        word = rng.choice(sorted(self.pictures_of))
        number = rng.choice(self.pictures_of[word])
        tags = self.tags(logits[number], rng, [])
        if word not in tags or rng.random() < 0.4:
            beside = phrases.WORN if word == "backpack" else self.tagger.names
            tags = rng.sample([word] + rng.sample([t for t in beside if t != word], 2), 3)
        return Item(maps[number].astype(np.float32), tags, self.templates(word, phrases.INDOORS, rng, 0.6))

    def draw(self, rng: random.Random) -> Item:
        if self.pictures and rng.random() < self.picture_share:
            return self.picture(rng)
        choice = rng.random()
        if self.crops and choice > 1 - self.crop_share:
            return self.crop(rng)
        if choice < self.mix[0]:
            return self.photo(rng)
        return self.text(rng) if choice < sum(self.mix) else self.template(rng)


def read_groups(lines: list[str], forbidden: set[str]) -> list[list[str]]:
    """Captions in groups of five; a group that shares any caption with a held-out photo is left out."""
    groups = [[clean(line) for line in lines[i : i + 5]] for i in range(0, len(lines), 5)]
    return [[c for c in group if c] for group in groups if not forbidden & set(group)]

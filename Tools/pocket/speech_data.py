"""What the language model learns: to say what the sketch saw, to name whom the concept rows stand for, and to answer."""

from __future__ import annotations

import random

from .data import Branch, Item
from .phrases import Rules, random_name
from .prompts import suffix_text
from .sketch import written
from .sketch_data import Corpus, Drawer

CANNOT = "I cannot tell"
HIDDEN = [
    "What is his name?", "What is her name?", "How old is this person?", "Who took this photo?", "How much does it cost?", "What year was this photo taken?",
    "Which city is this?", "What country is this person from?", "Is this person rich?", "What are they talking about?", "What is the phone number?",
    "What does this person do for a living?", "Is this person married?", "What will happen next?", "Is this person religious?", "What is the dog's name?",
    "Who is this?", "What is this person thinking?", "When was this built?", "What is the price?", "Where does this person live?", "Is this person ill?",
]


class Speech:
    """Draws the items of a step; a step draws the same items whatever was drawn before."""

    def __init__(self, corpus: Corpus, drawer: Drawer, sketches: dict[int, str], prefix_tags, features, rules: Rules, seed: int = 5):
        """`sketches[place]` is what the sketch says; `prefix_tags(place)` and `features(place)` what else the prompt holds."""
        self.corpus, self.drawer, self.sketches, self.tags, self.features = corpus, drawer, sketches, prefix_tags, features
        self.rules, self.seed = rules, seed
        self.places = sorted(sketches)

    def items(self, step: int, count: int) -> list[Item]:
        rng = random.Random(self.seed * 1_000_003 + step)
        return [self.item(place, rng) for place in rng.sample(self.places, count)]

    def item(self, place: int, rng: random.Random) -> Item:
        said = self.sketches[place]
        branches = [Branch(suffix_text(), said)]
        for _ in range(2):
            branches += self.naming(said, rng)
        branches += self.questions(place, said, rng)
        return Item(self.features(place), self.tags(place), branches, said)

    def naming(self, said: str, rng: random.Random) -> list[Branch]:
        name = random_name(rng)
        named = self.rules.named(said, name)
        if not named:
            return []
        text, noun = named
        is_plain = rng.random() < 0.5

        def rows(*names: str) -> list[list[str]]:
            return [[n] + ([noun] if rng.random() < 0.5 else []) for n in names]

        if rng.random() < 0.15:
            other = random_name(rng)
            both = text.replace(name, f"{name} and {other}", 1).replace(" is ", " are ", 1)
            return [Branch(suffix_text(None if is_plain else [name, other]), both, rows(name, other))]
        found = [Branch(suffix_text(None if is_plain else [name]), text, rows(name))]
        pairs = self.rules.named_questions(said, name, rng)
        if pairs and rng.random() < 0.3:
            question, answer = rng.choice(pairs)
            found.append(Branch(suffix_text([name], question), answer, rows(name)))
        return found

    def questions(self, place: int, said: str, rng: random.Random) -> list[Branch]:
        if place >= len(self.corpus.questions):
            return []
        asked = [(written(q).capitalize() + "?", written(a)) for q, a in self.drawer.questions(place, rng)]
        captions = [written(c) for c in self.corpus.captions[place]]
        more = [p for c in captions[:2] for p in self.rules.questions(c, set(), rng)]
        asked += rng.sample(more, min(len(more), 1))
        if rng.random() < 0.1:
            asked.append((rng.choice(HIDDEN), CANNOT))
        return [Branch(suffix_text(None, q), a) for q, a in asked]

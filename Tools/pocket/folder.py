"""A folder of captioned photos: what is in it that can be used, which photos are kept back, and what was left out and why.

The form: `images/`, `captions.json` {file: [caption]}, and where there are any `questions.json` {file: [{question, answer}]}
and `photos.json` {file: {source, squashed}}.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .phrases import clean
from .truth import words
from .vision import load_image

SMALLEST_SIDE = 32
YES_NO = ("yes", "no")


def is_english(text: str) -> bool:
    """Whether a text is mostly of ASCII letters: what the model's vocabulary can say."""
    letters = [c for c in text if c.isalpha()]
    return bool(letters) and sum(c.isascii() for c in letters) >= 0.9 * len(letters)


@dataclass
class Photo:
    """A photo that can be read, with what people said of it."""

    name: str
    captions: list[str]
    questions: list[tuple[str, str]]
    source: str
    squashed: bool


@dataclass
class Folder:
    photos: list[Photo]
    skipped: Counter = field(default_factory=Counter)

    def named(self, names: list[str]) -> list[int]:
        places = {photo.name: i for i, photo in enumerate(self.photos)}
        return [places[name] for name in names if name in places]


def read(root: Path, check_pictures: bool = True) -> Folder:
    """Everything usable of `root`, sorted by name; what is not is counted by its reason, never raised."""
    skipped: Counter = Counter()

    def table(name: str) -> dict:
        path = root / name
        if not path.exists():
            return {}
        found = json.loads(path.read_text())
        if not isinstance(found, dict):
            raise ValueError(f"{path} is no object of files")
        return found

    captions, questions, facts = table("captions.json"), table("questions.json"), table("photos.json")
    photos = []
    for name in sorted(set(captions) | set(questions)):
        said = usable_captions(captions.get(name) or [], skipped)
        asked = usable_questions(questions.get(name) or [], skipped)
        if not said and not asked:
            skipped["photos that nothing is said of"] += 1
        elif not check_pictures or is_readable(root / "images" / name, skipped):
            fact = facts.get(name) or {}
            photos.append(Photo(name, said, asked, fact.get("source", ""), bool(fact.get("squashed"))))
    return Folder(photos, skipped)


def usable_captions(given: list, skipped: Counter) -> list[str]:
    kept = []
    for caption in given:
        if not isinstance(caption, str) or len(words(caption)) < 2:
            skipped["captions of less than two words"] += 1
        elif not is_english(caption):
            skipped["captions in another script"] += 1
        else:
            kept.append(clean(caption))
    return kept


def usable_questions(given: list, skipped: Counter) -> list[tuple[str, str]]:
    kept = []
    for row in given:
        question, answer = (str(row.get(key) or "").strip() for key in ("question", "answer"))
        if not question or not answer:
            skipped["questions without text or answer"] += 1
        elif not is_english(question):
            skipped["questions in another script"] += 1
        else:
            kept.append((question, answer.lower()))
    return kept


def is_readable(path: Path, skipped: Counter) -> bool:
    if not path.is_file():
        skipped["photos that are missing"] += 1
        return False
    try:
        size = load_image(path).size
    except (OSError, ValueError, SyntaxError):
        skipped["photos that cannot be read"] += 1
        return False
    if min(size) < SMALLEST_SIDE:
        skipped["photos that are too small"] += 1
        return False
    return True


@dataclass(frozen=True)
class Split:
    """Names of the photos that are kept back, by the set they are reported as."""

    flickr: list[str]
    coco: list[str]

    @property
    def names(self) -> set[str]:
        return {*self.flickr, *self.coco}


def split(folder: Folder, seed: int = 5) -> Split:
    """The rule of Docs/splits.md.

    Flickr8k: of the 900 photos that are not squashed, sorted, shuffled with the seed, all but the first 800. COCO: of the
    photos that are not squashed, have five captions and a yes-or-no question, sorted and shuffled with the seed, the
    first 300. A folder of other sources keeps back every twentieth photo, at most 300.
    """
    flickr = [p.name for p in folder.photos if p.source == "flickr8k" and not p.squashed]
    random.Random(seed).shuffle(flickr)
    coco = [
        p.name for p in folder.photos
        if p.source.startswith("coco") and not p.squashed and len(p.captions) >= 5
        and any(answer in YES_NO for _, answer in p.questions)
    ]
    random.Random(seed).shuffle(coco)
    if not flickr and not coco:
        other = [p.name for p in folder.photos if p.captions]
        return Split([], sorted(other[::20][:300]))
    return Split(sorted(flickr[800:]), sorted(coco[:300]))

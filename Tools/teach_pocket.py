"""Train pocket from a folder of captioned photos: sketch, projector and adapters, and write the model directory.

    python teach_pocket.py PHOTOS --model DIR --work DIR [--things DIR]

PHOTOS has `images/`, `captions.json` and perhaps `questions.json` and `photos.json`; `--things` a folder of single things with
`labels.json`. `--model` is a model directory with the fetched parts; what is trained is written there at the end. Everything on
the way lies in `--work`: features, computed once, and the state of each stage, so that a run may be stopped at any moment and
the same command goes on. Curves are in `--work/*/*.jsonl`.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from pocket import folder as folders
from pocket.batch import Packer
from pocket.data import Branch, Item
from pocket.export import write_config, write_sketch, write_weights
from pocket.features import Cache, HeadConvolution, photo_cache
from pocket.language import read_gguf, read_tokenizer
from pocket.model import CONCEPT_DEFAULTS, Pocket
from pocket.phrases import Rules
from pocket.prompts import Tagger, suffix_text
from pocket.sketch import Sketch, SketchShape, written
from pocket.sketch_data import Corpus, Drawer, best_tags, corpus, known_words, read_things, vocabulary
from pocket.sketch_training import Pictures, Reward, Trainer
from pocket.speech_data import Speech
from pocket.speech_training import SpeechTrainer
from pocket.vision import EfficientNetLite, load_image

GGUF = "smollm2-135m-instruct.q4_1.gguf"
PLACES = 4


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--things", type=Path)
    parser.add_argument("--views", type=int, default=1, help="crops and mirror images a photo, the plain one among them")
    parser.add_argument("--imitate-steps", type=int, default=1800)
    parser.add_argument("--reinforce-steps", type=int, default=300)
    parser.add_argument("--speech-steps", type=int, default=100)
    parser.add_argument("--speech-photos", type=int, default=4000, help="photos the language model is trained with")
    parser.add_argument("--rank", type=int, default=12)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    return parser.parse_args()


@dataclass
class Seen:
    """Everything the stages share: photos, their features and tags, and the words for them."""

    corpus: Corpus
    drawer: Drawer
    pictures: Pictures
    sketch: Sketch
    tagger: Tagger

    def tags(self, place: int) -> list[str]:
        numbers, chances = self.pictures.tags[place, 0], self.pictures.chances[place, 0]
        return [self.tagger.names[n] for n, chance in zip(numbers, chances) if chance > 0]

    def map(self, place: int) -> np.ndarray:
        with torch.no_grad():
            return self.pictures.head(torch.from_numpy(np.array(self.pictures.one(place, 0)))).numpy()


def look(arguments: argparse.Namespace) -> Seen:
    """Reads the folder and computes what is not cached yet."""
    arguments.work.mkdir(parents=True, exist_ok=True)
    folder = folders.read(arguments.photos)
    kept_back = folders.split(folder)
    print(f"{len(folder.photos)} photos, {len(kept_back.names)} kept back; left out: {dict(folder.skipped) or 'nothing'}", flush=True)
    (arguments.work / "split.json").write_text(json.dumps({"flickr": kept_back.flickr, "coco": kept_back.coco}))
    classes = json.loads((arguments.model / "classes.json").read_text())
    encoder, tagger = EfficientNetLite.of_model(arguments.model), Tagger(classes)
    maps = [photo_cache(arguments.photos, [p.name for p in folder.photos], arguments.work, encoder, arguments.views)]
    files, names = read_things(arguments.things, classes) if arguments.things else ([], [])
    if files:
        cache = Cache(arguments.work / "things.npy", files, arguments.views)
        maps.append(cache.open(encoder, lambda name: load_image(arguments.things / "images" / name)))
    head = HeadConvolution(encoder)
    numbers, chances = tags_of(maps, head, encoder, tagger, arguments.work / "tags.npz")
    found = corpus(folder, kept_back, names)
    words, shape = vocabulary(found, tagger.names), SketchShape()
    sketch = Sketch(shape, words, words.spell(tagger.names))
    return Seen(found, Drawer(found, words, shape, arguments.views, 3, tagger.names), Pictures(maps, head, numbers, chances), sketch, tagger)


@torch.no_grad()
def tags_of(maps: list[np.ndarray], head: HeadConvolution, encoder: EfficientNetLite, tagger: Tagger, file: Path) -> tuple[np.ndarray, np.ndarray]:
    """`[maps, views, 3]`: the best tags and their probabilities."""
    count = sum(len(part) for part in maps)
    if file.exists():
        kept = np.load(file)
        if kept["numbers"].shape[:2] == (count, maps[0].shape[1]):
            return kept["numbers"], kept["chances"]
    found = []
    for part in maps:
        for start in range(0, len(part), 64):
            some = torch.from_numpy(part[start : start + 64])
            logits = encoder.classify(head(some).mean(2)).flatten(0, 1).numpy()
            numbers, chances = best_tags(logits, tagger)
            found.append((numbers.reshape(*some.shape[:2], -1), chances.reshape(*some.shape[:2], -1)))
    numbers, chances = (np.concatenate(part) for part in zip(*found))
    np.savez(file, numbers=numbers, chances=chances)
    return numbers, chances


def draw(seen: Seen, arguments: argparse.Namespace) -> None:
    """The sketch: imitation, then its captions' own score."""
    gguf = arguments.model / GGUF
    with torch.no_grad():
        seen.sketch.embed.weight.copy_(
            known_words(seen.sketch.vocabulary, read_tokenizer(gguf), read_gguf(gguf)[1]["embed"], seen.sketch.shape.width))
    reward = Reward(seen.corpus, seen.sketch.vocabulary)

    def trainer(swapped_photos: float, swapped_things: float) -> Trainer:
        seen.drawer.swapped_photos, seen.drawer.swapped_things = swapped_photos, swapped_things
        return Trainer(seen.sketch, seen.corpus, seen.drawer, seen.pictures, arguments.work / "sketch")

    def weights() -> dict[str, torch.Tensor]:
        return {key: value.clone() for key, value in seen.sketch.state_dict().items()}

    def rewarded(trainer: Trainer, name: str) -> dict[str, torch.Tensor]:
        trainer.run(
            name, arguments.reinforce_steps, 40, 5e-5, lambda step, size: trainer.reinforce(step, size, reward), every=50, keep=10, warmup=20,
            score=quality)
        return weights()

    # One half learns from people alone, the other to take names from sure tags as well; the mean of their weights does what both do.
    people = trainer(0, 0)
    people.run("imitate", arguments.imitate_steps, 64, 1e-3, people.imitate, every=300)
    imitated = weights()
    first = rewarded(people, "reinforce")
    seen.sketch.load_state_dict(imitated)
    names = trainer(Drawer.swapped_photos, Drawer.swapped_things)
    names.run("imitate-tags", arguments.imitate_steps, 64, 7e-4, names.imitate, every=300)
    second = rewarded(names, "reinforce-tags")
    seen.sketch.load_state_dict({key: (value + second[key]) / 2 for key, value in first.items()})
    seen.sketch.eval()


def quality(row: dict) -> float:
    """What the best sketch is chosen by, on the kept-back photos: score and truth of both sets together."""
    return sum(row[name][metric] for name in ("flickr", "coco") if name in row for metric in ("cider_d", "content_precision")) + 0.3 * sum(
        row[name]["colour_precision"] for name in ("flickr", "coco") if name in row)


def sketches(seen: Seen, places: list[int], file: Path) -> dict[int, str]:
    """What the sketch says of the pictures, kept in a file."""
    trainer = Trainer(seen.sketch, seen.corpus, seen.drawer, seen.pictures, file.parent)
    said = {int(k): v for k, v in json.loads(file.read_text()).items()} if file.exists() else {}
    for start in range(0, len(places), 200):
        missing = [p for p in places[start : start + 200] if p not in said]
        if missing:
            said |= dict(zip(missing, trainer.captions(missing)))
            file.write_text(json.dumps(said))
    return {p: said[p] for p in places}


def photos_to_speak_of(corpus: Corpus, count: int) -> list[int]:
    """Training photos by chance, half of them with questions that people asked, where there are so many."""
    order = [corpus.train[i] for i in np.random.default_rng(5).permutation(len(corpus.train))]
    asked = [place for place in order if corpus.questions[place]][: count // 2]
    taken = set(asked)
    return asked + [place for place in order if place not in taken][: count - len(asked)]


def speak(seen: Seen, arguments: argparse.Namespace) -> Pocket:
    """Projector and adapters, beginning with those of the model directory where there are any."""
    gguf = arguments.model / GGUF
    model = Pocket(gguf, arguments.rank, 2.0, 768, torch.float32, 0.1, PLACES)
    before = arguments.model / "pocket.safetensors"
    if before.exists():
        model.take(load_file(before))
    chosen = photos_to_speak_of(seen.corpus, arguments.speech_photos)
    things = [place for place, _ in seen.corpus.things]
    folder = arguments.work / "speech"
    folder.mkdir(exist_ok=True)
    said = sketches(seen, chosen + things, folder / "sketches.json")
    packer = Packer(read_tokenizer(gguf), model.language.embed, CONCEPT_DEFAULTS["tokens"])

    speech = Speech(seen.corpus, seen.drawer, said, seen.tags, seen.map, Rules(seen.tagger.names))
    held = sketches(seen, seen.corpus.flickr[:40] + seen.corpus.coco[:40], folder / "held.json")
    validation = [Item(seen.map(p), seen.tags(p), [Branch(suffix_text(), text)] + real_questions(seen, p), text) for p, text in held.items()]
    SpeechTrainer(model, packer, speech, folder).run(arguments.speech_steps, 8, 3e-4, validation)
    return model.eval()


def real_questions(seen: Seen, place: int) -> list[Branch]:
    return [Branch(suffix_text(None, written(q).capitalize() + "?"), written(a)) for q, a in seen.corpus.questions[place][:2]]


def main() -> None:
    arguments = options()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    seen = look(arguments)
    draw(seen, arguments)
    model = speak(seen, arguments)
    write_sketch(arguments.model, seen.sketch)
    write_weights(arguments.model, model)
    write_config(arguments.model, arguments.rank, 2.0, CONCEPT_DEFAULTS, sketch=seen.sketch, places=PLACES)


if __name__ == "__main__":
    main()

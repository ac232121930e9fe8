"""Words and rules that turn captions into names, questions and answers."""

from __future__ import annotations

import random
import re

PEOPLE = ["man", "woman", "boy", "girl", "child", "person", "lady", "guy", "kid", "baby", "toddler", "player", "skateboarder",
          "snowboarder", "skier", "surfer", "climber", "cyclist", "biker", "runner", "rider", "swimmer", "dancer"]
PLURALS = ["men", "women", "boys", "girls", "children", "people", "dogs", "kids", "players", "cats", "birds", "horses"]
WORN = ["jeans", "coat", "dress", "hat", "scarf", "shirt", "shoe", "skirt", "suit", "sweater", "swimsuit"]
COLORS = ["black", "white", "brown", "red", "blue", "green", "yellow", "orange", "pink", "purple", "gray", "grey", "tan", "golden"]
NUMBERS = ["two", "three", "four", "five", "six"]
SCENES = {
    "grass": ["on the grass", "lying in the grass", "in a grassy field", "on a green lawn"],
    "snow": ["in the snow", "on the snow", "in a snowy field"],
    "beach": ["on the beach", "on the sand", "near the ocean"],
    "sand": ["on the sand", "in the sand"],
    "water": ["near the water", "next to a lake", "by the water"],
    "street": ["on the street", "on the pavement", "on a city street", "on the sidewalk"],
    "sidewalk": ["on the sidewalk", "on the pavement"],
    "road": ["on the road", "on the asphalt"],
    "rock": ["on a rock", "on top of a large rock", "on the rocks"],
    "rocks": ["on the rocks", "sitting on a rock"],
    "wall": ["in front of a wall", "leaning against a wall", "next to a brick wall"],
    "table": ["on a table", "on a wooden table", "sitting on the table"],
    "couch": ["on a couch", "lying on the couch"],
    "bed": ["on a bed", "lying on a bed", "on white sheets"],
    "floor": ["on the floor", "on a wooden floor", "on a tile floor"],
    "room": ["in a room", "in the living room"],
    "tree": ["under a tree", "in front of a tree", "next to a tree"],
    "forest": ["in the forest", "on the forest floor"],
    "bench": ["on a bench", "sitting on a bench"],
    "park": ["in the park", "in a park"],
    "dirt": ["on the dirt", "on the ground"],
    "leaves": ["in the leaves", "on the ground with leaves"],
    "fence": ["in front of a fence", "next to a fence"],
    "mountain": ["in front of mountains", "with mountains in the background"],
}
INDOORS = ["on a table", "on a wooden table", "on a bed", "on a couch", "on the floor", "on a white background", "on a shelf",
           "on a desk", "in front of a window", "next to a window", "on a blanket", "on a carpet", "in a room", "on a chair",
           "in a kitchen", "on a white table", "on a windowsill", "against a white wall", "in a box", "on a rug", "in someone 's hand",
           "next to a plant", "with a blurry background", "on a wooden floor", "in front of a white wall", "in the dark", "on a cloth"]
FORMS = ["{np} is sitting {scene}", "{np} is {scene}", "{np} {scene}", "{np} sits {scene}", "{np} is standing {scene}", "{np} is lying {scene}",
         "a photo of {np} {scene}", "a picture of {np} {scene}", "a close up of {np} {scene}", "there is {np} {scene}", "{np} is placed {scene}",
         "a view of {np} {scene}", "{np} stands {scene}", "{np} resting {scene}"]
BARE_FORMS = ["a close up of {np}", "a photo of {np}", "a picture of {np}", "{np}", "a close up photo of {np}", "a view of {np} from above"]
REAL_NAMES = ("Bob Anna Max Bella Luna Charlie Lucy Cooper Daisy Milo Rocky Sadie Molly Buddy Lola Jack Toby Chloe Emma Oscar Leo Ruby Ella Felix "
              "Simba Oliver Cleo Nala Jasper Pepper Ginger Shadow Smokey Tiger Misty Mochi Zibo Kiko Suki Taro Yuki Momo Pablo Diego Rosa Ivan Olga "
              "Boris Nina Hugo Lars Sven Ingrid Freya Astrid Otto Hans Greta Klaus Pierre Amelie Jean Marie Luca Sofia Marco Giulia Ahmed Fatima Omar "
              "Leila Raj Priya Arjun Mei Chen Ling Hiro Kenji Sakura Tom Tim Sam Kate Jane Mary Paul John Peter David Sarah Laura Biscuit Waffles "
              "Pickles Noodle Peanut Cookie Mango Olive Sushi Tofu Bingo Gizmo Pixel Turbo Rex Fido Spot Duke Bruno Otis Winston Teddy Benny").split()
PHRASE_NAMES = ["my mug", "my red mug", "my dog", "my cat", "my bag", "my old backpack", "my toy", "Mr Whiskers", "Captain Fluff", "Big Ben",
                "Lady Luna", "my best friend", "my sneaker", "grandma 's vase", "my little robot", "Sir Barks", "my candle", "Doctor Duck"]
CODES = ["sks", "S*", "xyz", "bloby", "zwx", "qrk", "ohwx", "vxt", "pll", "kdo", "sbk", "tkn"]
PLACES = r"(?:in front of|on top of|next to|in the middle of|in|on|at|near|through|under|over|along|across|beside|behind|against|by)"


def article(noun: str) -> str:
    """ "a dog", "an owl", and plurals or masses bare."""
    if noun.endswith("s") and not noun.endswith("ss") and noun not in {"bus", "octopus"} or noun in {"hay", "bread", "corn", "wine", "yarn", "meat", "lumber"}:
        return noun
    return ("an " if noun[0].lower() in "aeiou" and not noun.startswith(("uni", "one")) else "a ") + noun


def random_name(rng: random.Random) -> str:
    """A name a user might give: common, made up, a code, or several words."""
    choice = rng.random()
    if choice < 0.3:
        return rng.choice(REAL_NAMES)
    if choice < 0.78:
        syllables = [rng.choice("b c d f g h j k l m n p r s t v w z br ch dr fl gr kl pr sh st tr".split()) + rng.choice("a e i o u oo ai".split())
                     for _ in range(rng.choice((1, 2, 2, 2, 3)))]
        name = "".join(syllables) + rng.choice(("", "", "", "n", "x", "k", "s"))
        return name.capitalize() if rng.random() < 0.85 else name
    if choice < 0.88:
        return rng.choice(CODES) if rng.random() < 0.5 else "".join(rng.choice("bcdfghjklmnpqrstvwxz") for _ in range(3))
    return rng.choice(PHRASE_NAMES)


def clean(caption: str) -> str:
    """Lower-case first letter, no trailing full stop, single spaces."""
    caption = re.sub(r"\s+", " ", caption.replace('"', "")).strip().rstrip(".").strip()
    return caption[:1].lower() + caption[1:]


class Rules:
    """Rules that know the nouns of the tags as well as words for people."""

    def __init__(self, tags: list[str]):
        self.tags = set(tags)
        nouns = sorted(set(PEOPLE) | self.tags | {"puppy", "kitten", "toy", "bike"}, key=len, reverse=True)
        self.nouns = "|".join(map(re.escape, nouns))
        self.subject = re.compile(rf"^(?:a|an|the|one)\s((?:(?!and\b|with\b)[\w-]+\s){{0,4}}?)({self.nouns})\s(?!and\b|'s\b|with a dog\b)(.*)$")
        self.acting = re.compile(r"^(?:is |are )?(\w+ing\b.*)$")
        self.place = re.compile(rf"^.*?\b({PLACES} (?:the|a|an|some|his|her|its) .*)$")
        self.color = re.compile(rf"\b({'|'.join(COLORS)}) ({self.nouns}|shirt|dress|jacket|hat|coat|shorts|pants|uniform)\b")
        self.count = re.compile(rf"\b({'|'.join(NUMBERS)}) (?:\w+ )?({'|'.join(PLURALS)})\b")

    def split(self, caption: str) -> tuple[str, str] | None:
        """(subject noun, rest) of a caption with one subject, or None."""
        found = self.subject.match(caption)
        return (found[2], found[3]) if found else None

    def named(self, caption: str, name: str) -> tuple[str, str] | None:
        """(caption with its subject replaced by the name, subject noun), or None."""
        parts = self.split(caption)
        return (f"{name} {parts[1]}", parts[0]) if parts else None

    def questions(self, caption: str, mentioned: set[str], rng: random.Random) -> list[tuple[str, str]]:
        """Question and answer pairs that the caption supports."""
        pairs = []
        parts = self.split(caption)
        if parts:
            noun, rest = parts
            acting = self.acting.match(rest)
            if acting:
                pairs.append((rng.choice((f"What is the {noun} doing?", f"What is the {noun} doing in the image?")), acting[1]))
            place = self.place.match(rest)
            if place:
                pairs.append((rng.choice((f"Where is the {noun}?", f"Where is the {noun} in the image?")), place[1]))
            pairs.append((rng.choice(("What is in the picture?", "What is the main subject?", "Who or what is this?")), article(noun)))
        for color, noun in self.color.findall(caption)[:2]:
            pairs.append((f"What color is the {noun}?", color))
        for number, noun in self.count.findall(caption)[:1]:
            pairs.append((rng.choice((f"How many {noun} are there?", f"How many {noun} are in the picture?")), number))
        if mentioned and rng.random() < 0.5:
            noun = rng.choice(sorted(mentioned))
            pairs.append((f"Is there {article(noun)} in the picture?", "yes"))
        elif rng.random() < 0.5:
            noun = rng.choice(sorted(self.tags))
            if noun not in caption:
                pairs.append((f"Is there {article(noun)} in the picture?", "no"))
        if rng.random() < 0.15:
            pairs.append((rng.choice(("What is happening in the picture?", "Describe the image.")), caption))
        return pairs

    def named_questions(self, caption: str, name: str, rng: random.Random) -> list[tuple[str, str]]:
        """Question and answer pairs about the caption's subject under its name."""
        parts = self.split(caption)
        if not parts:
            return []
        noun, rest = parts
        pairs = [(rng.choice((f"What is {name}?", f"Who or what is {name}?")), f"{name} is {article(noun)}")]
        acting, place = self.acting.match(rest), self.place.match(rest)
        if acting:
            pairs.append((rng.choice((f"What is {name} doing?", f"What is {name} doing in the image?")), f"{name} is {acting[1]}"))
        if place:
            question = rng.choice((f"Where is {name}?", f"Where is {name} in the image?", f"Where is {name} positioned in the image?"))
            pairs.append((question, f"{name} is {place[1]}"))
        color = re.match(rf"^(?:a|an|the) ({'|'.join(COLORS)})\b", caption)
        if color:
            pairs.append((f"What color is {name}?", f"{name} is {color[1]}"))
        return pairs

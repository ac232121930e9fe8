"""Write `classes.json`: the 1000 ImageNet classes with the everyday word a person would use in a caption.

The encoder's classifier knows 118 breeds of dog; a caption says "dog". Probabilities of classes with equal tags are
added up, which makes coarse names robust. The table was written by hand; classes not listed keep their own name in
lower case.
"""

from __future__ import annotations

import argparse
import ast
import json
from pathlib import Path

# First and last class index of runs that share a tag.
RUNS = {
    "dog": [(151, 268)], "cat": [(281, 285)], "wolf": [(269, 271)], "fox": [(277, 280)], "bear": [(294, 297)],
    "butterfly": [(321, 326)], "beetle": [(300, 307)], "spider": [(72, 77)], "snake": [(52, 68)], "frog": [(30, 32)],
    "turtle": [(33, 37)], "lizard": [(38, 48)], "bird": [(10, 20), (80, 83), (85, 86), (89, 95), (133, 133), (135, 143)],
    "crab": [(118, 121), (125, 125)], "lobster": [(122, 124)], "monkey": [(370, 384)], "whale": [(147, 148)],
    "fish": [(389, 397), (0, 0)], "rabbit": [(330, 332)], "mushroom": [(991, 997)],
}
TAGS = {
    "fish": "goldfish", "shark": "great white shark|tiger shark|hammerhead", "stingray": "electric ray|stingray",
    "rooster": "cock", "chicken": "hen", "bird": "kite|albatross", "eagle": "bald eagle", "owl": "great grey owl",
    "salamander": "European fire salamander|common newt|eft|spotted salamander|axolotl", "crocodile": "African crocodile",
    "alligator": "American alligator", "dinosaur": "triceratops", "parrot": "African grey|macaw", "duck":
    "drake|red-breasted merganser", "swan": "black swan", "elephant": "tusker|Indian elephant|African elephant",
    "hedgehog": "echidna", "kangaroo": "wallaby", "coral": "brain coral|coral reef", "worm": "flatworm|nematode",
    "shell": "conch|chiton|chambered nautilus", "slug": "slug|sea slug", "bug": "isopod|tick|leafhopper|lacewing|cicada",
    "fossil": "trilobite", "stork": "white stork|black stork|spoonbill", "heron": "little blue heron|American egret",
    "crane": "crane bird", "penguin": "king penguin", "seal": "sea lion|dugong", "wild dog":
    "coyote|dingo|dhole|African hunting dog", "mountain lion": "cougar", "leopard": "leopard|snow leopard|jaguar",
    "bobcat": "lynx", "stick insect": "walking stick", "praying mantis": "mantis", "dragonfly": "dragonfly|damselfly",
    "squirrel": "fox squirrel", "horse": "sorrel", "pig": "hog", "boar": "wild boar|warthog", "hippo": "hippopotamus",
    "cow": "ox", "buffalo": "water buffalo|bison", "sheep": "ram", "goat": "bighorn|ibex", "antelope":
    "hartebeest|impala|gazelle", "camel": "Arabian camel", "ferret": "weasel|mink|polecat|black-footed ferret",
    "sloth": "three-toed sloth", "ape": "gibbon|siamang", "red panda": "lesser panda", "panda": "giant panda",
    "robe": "abaya|academic gown", "guitar": "acoustic guitar|electric guitar|banjo", "ship":
    "aircraft carrier|container ship|liner|fireboat|wreck", "airplane": "airliner|wing|warplane", "blimp": "airship",
    "vehicle": "amphibian|half track", "clock": "analog clock|digital clock|wall clock", "beehive": "apiary|honeycomb",
    "trash can": "ashcan", "gun": "assault rifle|revolver|rifle|holster", "bakery": "bakery", "pen":
    "ballpoint|fountain pen|quill", "bandage": "Band Aid", "railing": "bannister", "weights": "barbell|dumbbell",
    "chair": "barber chair|folding chair|rocking chair|throne", "barber shop": "barbershop", "gauge":
    "barometer|odometer|oscilloscope", "wheelbarrow": "barrow", "crib": "bassinet|crib|cradle", "clarinet":
    "bassoon|oboe|flute", "swim cap": "bathing cap|shower cap", "towel": "bath towel|dishrag|handkerchief", "car":
    "beach wagon|convertible|limousine|Model T|minivan|sports car|racer|passenger car|car mirror", "lighthouse": "beacon",
    "glass": "beaker|beer glass|goblet|measuring cup", "fur hat": "bearskin", "bottle":
    "beer bottle|pill bottle|pop bottle|water bottle|whiskey jug", "bell": "bell cote|chime|gong", "bicycle":
    "bicycle-built-for-two|mountain bike", "swimsuit": "bikini|maillot|maillot tank suit|swimming trunks",
    "folder": "binder|file|envelope", "sled": "bobsled|dogsled", "tie": "bolo tie|Windsor tie|bow tie", "hat":
    "bonnet|cowboy hat|sombrero", "bookshelf": "bookcase", "books": "bookshop|library", "bottle cap": "bottlecap",
    "bra": "brassiere", "plaque": "brass", "beach": "breakwater|seashore|sandbar", "armor":
    "breastplate|cuirass|chain mail", "vest": "bulletproof vest", "train":
    "bullet train|electric locomotive|steam locomotive|freight car", "meat": "butcher shop|meat loaf", "taxi": "cab",
    "pot": "caldron|Crock Pot|Dutch oven|hot pot|mortar", "sweater": "cardigan", "tools": "carpenter's kit", "box":
    "carton|crate|packet|hamper|safe|chest", "wheel": "car wheel|disk brake", "ATM": "cash machine", "cassette tape":
    "cassette", "stereo": "cassette player|CD player|tape player|radio", "boat":
    "catamaran|trimaran|yawl|schooner|lifeboat|gondola", "phone": "cellular telephone|dial telephone|pay-phone",
    "fence": "chainlink fence|picket fence|worm fence", "chainsaw": "chain saw", "dresser": "chiffonier", "cabinet":
    "china cabinet|medicine chest|file", "stocking": "Christmas stocking", "movie theater": "cinema|home theater",
    "knife": "cleaver|letter opener", "cliff": "cliff dwelling|cliff|promontory", "shoe": "clog|Loafer", "shaker":
    "cocktail shaker|saltshaker", "mug": "coffee mug", "coffee pot": "coffeepot", "lock": "combination lock|padlock",
    "keyboard": "computer keyboard|typewriter keyboard|space bar", "candy": "confectionery", "trumpet":
    "cornet|trombone|French horn", "boot": "cowboy boot", "helmet": "crash helmet|football helmet|pickelhaube",
    "ball": "croquet ball", "crutches": "crutch", "computer": "desktop computer|web site", "watch":
    "digital watch|stopwatch", "table": "dining table", "tower": "drilling platform|water tower", "doormat": "doormat",
    "fan": "electric fan", "television": "entertainment center|television", "coffee maker": "espresso maker",
    "makeup": "face powder", "scarf": "feather boa|stole", "fire truck": "fire engine", "fireplace": "fire screen",
    "bed": "four-poster", "pan": "frying pan|wok", "coat": "fur coat|trench coat|lab coat|cloak", "truck":
    "garbage truck|moving van|tow truck|trailer truck|pickup|snowplow", "gas mask": "gasmask|oxygen mask", "gas pump":
    "gas pump", "golf cart": "golfcart", "dress": "gown|hoopskirt|overskirt", "piano": "grand piano|upright", "grille":
    "grille|radiator", "store": "grocery store|tobacco shop", "hair clip": "hair slide", "spray bottle": "hair spray",
    "hair dryer": "hand blower", "video game": "hand-held computer|joystick", "hard drive": "hard disc", "tractor":
    "harvester|tractor|thresher|plow", "axe": "hatchet", "carriage": "horse cart|jinrikisha|oxcart", "music player":
    "iPod", "pumpkin": "jack-o'-lantern", "jeans": "jean", "shirt": "jersey|sweatshirt", "puzzle":
    "jigsaw puzzle|crossword puzzle", "rope": "knot", "spoon": "ladle|wooden spoon|spatula", "lamp":
    "lampshade|table lamp|spotlight", "speaker": "loudspeaker", "magnifying glass": "loupe", "lotion":
    "lotion|sunscreen", "lumber": "lumbermill", "compass": "magnetic compass", "bag": "mailbag|plastic bag", "drum":
    "drum|steel drum", "match": "matchstick", "stones": "megalith", "uniform": "military uniform", "milk can": "milk can",
    "bus": "minibus|school bus|trolleybus", "skirt": "miniskirt|sarong", "rocket": "missile|projectile|space shuttle",
    "gloves": "mitten", "bowl": "mixing bowl|soup bowl", "trailer": "mobile home", "temple": "monastery|stupa",
    "monitor": "monitor|screen", "scooter": "moped|motor scooter", "graduation cap": "mortarboard", "net": "mosquito net",
    "tent": "mountain tent|yurt", "computer mouse": "mouse", "baby bottle": "nipple", "notebook": "notebook", "monument":
    "obelisk|triumphal arch", "whistle": "ocarina|whistle", "organ": "organ", "pajamas": "pajama", "palace": "palace",
    "paper towels": "paper towel", "gymnast bars": "parallel bars|horizontal bar", "bench": "park bench", "stand":
    "pedestal", "pencil case": "pencil box", "perfume bottle": "perfume", "dish": "Petri dish", "copier": "photocopier",
    "pick": "pick", "dock": "pier|dock", "ping pong ball": "ping-pong ball", "pitcher": "pitcher|water jug", "wood plane":
    "plane", "dish rack": "plate rack", "camera": "Polaroid camera|reflex camera", "pole": "pole|flagpole", "police van":
    "police van", "plant": "pot", "pottery": "potter's wheel", "drill": "power drill", "rug": "prayer rug", "hockey puck":
    "puck", "blanket": "quilt", "tennis racket": "racket", "satellite dish": "radio telescope|solar dish", "barrel":
    "barrel|rain barrel", "camper": "recreational vehicle", "fishing reel": "reel", "oven": "rotisserie|stove", "eraser":
    "rubber eraser", "football": "rugby ball", "ruler": "rule|slide rule", "sneaker": "running shoe",
    "saxophone": "sax", "sheath": "scabbard", "shoe store": "shoe shop", "sliding door": "shoji|sliding door", "basket":
    "shopping basket", "ski": "ski", "slot machine": "slot", "soap bottle": "soap dispenser", "heater": "space heater",
    "motorboat": "speedboat", "spool": "spindle", "bridge": "steel arch bridge|suspension bridge|viaduct", "wall":
    "stone wall", "tram": "streetcar", "couch": "studio couch", "sunglasses": "sunglass|sunglasses", "mop": "swab",
    "light switch": "switch", "teddy bear": "teddy", "roof": "thatch|tile roof", "curtain": "theater curtain|shower curtain",
    "toilet": "toilet seat", "flashlight": "torch", "toys": "toyshop", "bathtub": "bathtub|tub", "vacuum cleaner": "vacuum",
    "arch": "vault", "priest robe": "vestment", "closet": "wardrobe", "sink": "washbasin", "washing machine": "washer",
    "window": "window screen", "blinds": "window shade", "yarn": "wool", "book": "book jacket|comic book", "sign":
    "street sign", "soup": "consomme", "dessert": "trifle|chocolate sauce", "popsicle": "ice lolly", "bread":
    "French loaf|dough", "hamburger": "cheeseburger", "hot dog": "hotdog", "mashed potatoes": "mashed potato", "cabbage":
    "head cabbage", "squash": "spaghetti squash|acorn squash|butternut squash", "pepper": "bell pepper", "apple":
    "Granny Smith", "fruit": "jackfruit|custard apple|fig", "pasta": "carbonara", "pie": "potpie", "wine": "red wine",
    "coffee": "espresso", "mountain": "alp|valley|volcano", "bubbles": "bubble", "lake": "lakeside", "baseball player":
    "ballplayer", "bride and groom": "groom", "diver": "scuba diver", "flowers": "rapeseed", "flower":
    "daisy|yellow lady's slipper", "nut": "acorn|buckeye", "berries": "hip", "corn": "corn|ear", "toilet paper":
    "toilet tissue", "thistle": "cardoon", "spider web": "spider web",
    "parking meter": "parking meter", "plunger": "plunger", "ambulance": "ambulance", "jeep": "jeep",
    "punching bag": "punching bag", "cart": "shopping cart", "statue": "totem pole", "mask": "mask|ski mask",
    "sandal": "sandal", "lawn mower": "lawn mower", "drink": "eggnog",
}


def class_table(names: list[str]) -> list[dict[str, str]]:
    """The classes in order, each `{"name", "tag"}`; raises ValueError for a table entry that names no class."""
    tags = {name: name.lower() for name in names}
    listed = [(name, tag.strip()) for tag, members in TAGS.items() for name in members.split("|") if name]
    for name, tag in listed:
        if name not in tags:
            raise ValueError(f"the table names '{name}', which is no class")
        tags[name] = tag
    for tag, runs in RUNS.items():
        for first, last in runs:
            for index in range(first, last + 1):
                tags[names[index]] = tag
    return [{"name": name, "tag": tags[name]} for name in names]


def read_names(path: Path) -> list[str]:
    """The class names out of torchvision's `models/_meta.py`, read as text without importing torchvision."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_IMAGENET_CATEGORIES":
            return ast.literal_eval(node.value)
    raise ValueError(f"{path} has no list _IMAGENET_CATEGORIES")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=Path, required=True, help="torchvision/models/_meta.py of the torchvision wheel")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    rows = [json.dumps(row, ensure_ascii=False) for row in class_table(read_names(arguments.names))]
    arguments.out.write_text("[\n" + ",\n".join(rows) + "\n]\n")


if __name__ == "__main__":
    main()

"""Values of attributes: drawn at random, so that no pretrained model can know them."""

from random import Random

COLOURS = ["slate", "grey", "copper", "white", "black", "olive", "sand", "ivory", "navy", "crimson"]
COLOURS += ["silver", "teal", "bronze", "charcoal", "cream", "lavender", "rust", "plum", "graphite", "mint"]
LIGHTS = ["blue", "green", "red", "white", "amber", "purple", "orange", "yellow", "pink", "turquoise"]
RADIOS = ["Thread", "Zigbee", "Bluetooth", "Wi-Fi", "Z-Wave", "Matter", "Ethernet", "infrared"]
RATINGS = ["IP20", "IP44", "IP54", "IP55", "IP65", "IP66", "IP67", "IP68"]
LETTERS = "ABCDEFGHKLMNPRSTVWX"

# attribute: (lowest, highest, unit). Battery and warranty share a unit on purpose: mixing them up must be possible.
NUMBERS = {
    "price": (19, 399, "{} euros"),
    "warranty": (12, 72, "{} months"),
    "battery": (2, 36, "{} months"),
    "weight": (35, 980, "{} grams"),
    "range": (8, 160, "{} metres"),
    "reset": (3, 30, "{} seconds"),
    "pairs": (4, 250, "{} devices"),
    "cold": (2, 40, "minus {} degrees"),
    "noise": (28, 99, "{} decibels"),
    "storage": (2, 90, "{} days"),
}
CHOICES = {"radio": RADIOS, "colour": COLOURS, "water": RATINGS, "light": LIGHTS}
NEGATIONS = {
    "radio": "The {p} does not use {v}.",
    "colour": "The {p} does not come in {v}.",
    "water": "The {p} is not rated {v}.",
    "light": "The {p} never blinks {v}.",
}


def draw(attribute: str, random: Random) -> str:
    """A random value of this attribute, written out with its unit ("24 months")."""
    if attribute in NUMBERS:
        low, high, unit = NUMBERS[attribute]
        return unit.format(random.randint(low, high))
    if attribute in CHOICES:
        return random.choice(CHOICES[attribute])
    if attribute == "standby":
        return f"{random.randint(1, 99) / 10} watts"
    return f"{random.choice(LETTERS)}{random.choice(LETTERS)}-{random.randint(1000, 9999)}"


def another(attribute: str, value: str, random: Random) -> str:
    """A value of the same attribute that differs from `value`."""
    while (other := draw(attribute, random)) == value:
        pass
    return other

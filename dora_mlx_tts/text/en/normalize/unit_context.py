"""What the words around a measure say about it: which unit a letter stands for, what is measured."""

from __future__ import annotations

from dora_mlx_tts.text.en.words import word_set
from dora_mlx_tts.text.patterns import expression

LETTER_UNITS = {
    "A": expression(
        r"(?i)\b(?:\d+\s?V|volts?|amps?|amperes?|breakers?|fuses?|circuits?|ammeter)\b"
    ),
    "N": expression(
        r"(?i)\b(?:forces?|newtons?|weigh\w*|push\w*|pull\w*|friction|thrust|tension|gravity|mass)\b|\bF ="
    ),
    "J": expression(r"(?i)\b(?:energy|joules?|work|kinetic|potential|heat|releas\w*|absorb\w*)\b"),
    "K": expression(
        r"(?i)°\s?[CF]|\b(?:temperatures?|kelvins?|absolute zero|hott?er|hot|sun|lightning|plasma|stars?|blackbody|cryogenic|superconduct\w*|(?:boil|melt|freez)\w*|exothermic|endothermic|enthalp\w*|entrop\w*|kJ|mol|atm|bulbs?|LEDs?|lumens?|white balance|daylight|color temp\w*|EXIF)\b|\bf/\d"
    ),
    "T": expression(r"(?i)\b(?:magnet\w*|teslas?|MRI)\b"),
    "F": expression(r"(?i)\b(?:capacit\w+|farads?)\b"),
    "H": expression(r"(?i)\b(?:induct\w+|henrys?)\b"),
    "C": expression(r"(?i)\b(?:coulombs?|charge of)\b"),
    "M": expression(
        r"(?i)\b(?:molar\w*|pH|HCl|NaOH|NaCl|KOH|acid|buffer|solution|solutes?|titrat\w+|\d+\s?mL|mol|pKa|concentrations?|dilut\w+|stock|moles?|milliliters)\b"
    ),
}
"""Letters that are units where the words around speak of what they measure."""
RESULTS = word_set("N J A T H")
"""Letters that are units of what a sum comes to: `= 98 N`."""
_PAST = expression(
    r"(?i)\b(?:cretaceous|jurassic|triassic|permian|cambrian|geolog\w*|fossils?|extinct\w*|dinosaurs?|evolv\w*|hominins?|rocks?|Earth|era|epoch)\b"
)
SECOND_MEANINGS = {
    "bp": (
        expression(
            r"(?i)\b(?:genomes?|DNA|RNA|genes?|sequenc\w+|primers?|amplicon|plasmid|chromosomes?)\b"
        ),
        ("base pair", "base pairs"),
    ),
    "nm": (
        expression(
            r"(?i)\b(?:vis|visibility|fog|seas?|winds?|knots?|kts?|kn|boats?|ships?|sail\w*|harbou?r|buoys?|coast\w*|offshore|craft|aircraft|airport|airspace|VOR|DME|runway|flights?|nautical)\b"
        ),
        ("nautical mile", "nautical miles"),
    ),
    "mb": (
        expression(
            r"(?i)\b(?:pressure|baromet\w+|inHg|hPa|hurricanes?|cyclones?|typhoons?|storms?|winds?)\b"
        ),
        ("millibar", "millibars"),
    ),
    "pc": (
        expression(r"(?i)\b(?:stars?|galax\w+|parsecs?|clusters?|nebula\w*|supernova\w*)\b"),
        ("parsec", "parsecs"),
    ),
    "Ma": (_PAST, ("million years", "million years")),
    "Ga": (_PAST, ("billion years", "billion years")),
    "ka": (_PAST, ("thousand years", "thousand years")),
}
NOUN = expression(
    r"\)?(?: \([^()]{1,16}\)|, \d[\d.,]{0,6} ?[A-Za-z]{1,4}(?= [a-z]))?\s(?:\d{1,4}-)?([A-Za-z]+)\b"
)
NO_NOUNS = word_set(
    "of in to from for and or per at on is was away long wide tall high deep less more with into by off "
    "above below apart before after each every"
)

MEASURED_THINGS = word_set(
    "beer beers soda sodas coffee latte wine milk drink drinks juice smoothie yogurt pizza burger salad soup data jack jacks plug plugs gutter gutters padding border borders font fonts grid column columns icon icons banner thumbnail avatar download downloads update updates drill bit bits wrench socket nail nails screw screws bolt bolts skillet saucepan dish tin cake workout workouts session sessions class trip "
    "loop trail trek climb event video clip movie call meeting wait sensor camera jar mug bowl steak fillet turkey roast dog puppy child adult man woman person baby truck car "
    "boat rope ladder fence plank beam wall door desk table bed rug pool wheel wheels tire blade rod bar chain jump throw row interval intervals repeat repeats rest nodule cut incline "
    "tablet tablets pill pills capsule capsules dose doses dosage injection run runs race races walk hike ride drive "
    "drives disk disks card cards stick sticks module modules file files limit cap cable cables battery batteries charger "
    "chargers adapter bulb bulbs bag bags box boxes turbo engine engines diesel hybrid bottle bottles can cans pack packs tank zone radius buffer monitor "
    "monitors display displays screen screens lens lenses model models version plan plans connection bandwidth engine "
    "motor portion portions serving servings slice slices speaker speakers window windows warranty timer delay interval break breaks layover commute flight nap pot pan "
    "pipe hose board plate plates dumbbell dumbbells kettlebell gust gusts head freestyle sprint side sides edge edges cube cubes strip strips piece pieces chunk chunks hole holes gap gaps margin margins diameter layer layers relay final finals semifinal heat butterfly backstroke hurdles medley mortgage lease loan"
)
"""`two 500 mg tablets` are five hundred milligram tablets, with or without an article."""


def second_meaning(text: str, unit: str) -> tuple[str, str] | None:
    """The second meaning of a sign, where the words around speak of it."""
    context, forms = SECOND_MEANINGS.get(unit, (None, None))
    return forms if context is not None and context.search(text) else None

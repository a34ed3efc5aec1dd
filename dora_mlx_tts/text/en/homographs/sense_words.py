"""Words that tell the senses of homographs apart, by the sense they speak for."""

from __future__ import annotations

from dora_mlx_tts.text.en.words import word_set

DEGREES = word_set("very so too more most less quite really rather pretty as how extremely fairly")
PAST_WORDS = word_set("yesterday ago last once already earlier previously when before recently")
PAST_VERBS = word_set(
    "was were had did said went came saw took made got gave told thought found left felt knew wrote bought "
    "liked loved wanted finished learned heard"
)
METAL_AFTER = word_set(
    "pipe pipes paint paints poisoning acid battery batteries bullet bullets pencil pencils shot ore mine "
    "mines weight weights crystal content levels exposure glass contamination solder free based apron "
    "sheet sheets oxide plate plates dust sinker sinkers melts boils ingot ingots sulfide concentration concentrations roof roofs"
)
METAL_NEAR = word_set(
    "mercury zinc copper tin arsenic cadmium metal metals iron toxic nickel molten contains"
)
TEARS_NEAR = word_set(
    "shed sheds shedding cry cries cried crying eye eyes cheek cheeks wipe wiped wiping weep wept weeping "
    "sad sadness joy fell rolled streaming single gas duct drop drops drowned sobbing moved"
)
RIP_AFTER = word_set(
    "in through down up off apart along open into my your his her the this that it them out away"
)
LIVE_AFTER = word_set(
    "music show shows stream streams streaming streamed broadcast broadcasts concert concerts performance "
    "performances tv television coverage event events wire wires audience album albums recording recordings "
    "band bands chat chats demo feed feeds animal animals ammunition version update updates video session "
    "sessions game games sports action report reports stock bait fish cattle data preview webcast call "
    "traffic score scores location map maps transcription captions caption translation agent agents support results "
    "weather radar sound cam camera cameras odds price prices rates tracking tracker status feedback training class classes "
    "wallpaper photo photos entertainment theater theatre from on via"
)
LIVE_BEFORE = word_set(
    "stream streams streamed streaming tweeted tweeting blogged blogging coding captioned"
)
"""Verbs of compounds such as live-streamed."""
FISHING = word_set(
    "fish fishing caught catch sea striped largemouth smallmouth lake grilled river freshwater trout boat "
    "chilean hook fry"
)
TINY = word_set(
    "detail details amount amounts particle particles quantity quantities difference differences change "
    "changes trace traces variation variations fraction organisms hand"
)
ARCHERY = word_set(
    "arrow arrows tie ties ribbon violin cello hair string archery crossbow archer tied red pink silk gift violinist violist cellist viola fiddle fiddler recurve compound longbow draw hunting bowstring"
)
SHIP = word_set("ship boat stern vessel deck curtain audience stage king queen take took takes")
NEARBY = word_set(
    "to by enough together friend friends relative relatives attention look call range up-to"
)

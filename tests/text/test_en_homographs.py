"""Homographs in context: (word, part of its reading, sentence), written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from dora_mlx_tts.text.en.language import English
from dora_mlx_tts.text.en.tokens import tokens

ENGLISH = English()

CASES = """
progress | G R EH1 | We progress slowly.
increase | IY1 | Prices increase.
produce | OW1 | Produce is fresh.
polish | OW1 | Polish food is good.
polish | AA1 | Polish your shoes.
use | Z | LLMs use tokens.
use | S | The CEO's use of power.
live | IH | That is where people live.
wind | AY | Roads wind through the hills.
blessed | EH1 S T | God blessed them.
blessed | IH0 | It was a blessed day.
elaborate | EY2 | Please elaborate on this.
objects | AA1 | The objects are heavy.
objects | AH0 | He objects to it.
segments | EH1 | The segments differ.
read | EH | I have read the book.
read | IY | I will read it tomorrow.
read | EH | He read the letter yesterday.
read | IY | Do you read much?
read | EH | Have you read it?
read | IY | Can you read this?
read | EH | She read it to me.
read | IY | I like to read.
read | EH | The book was widely read.
read | IY | Read the instructions carefully.
read | EH | Yesterday, I read a book.
read | EH | I read it last week.
read | IY | They read every day.
read | EH | The teacher read the story aloud.
live | IH | I live in Paris.
live | AY | We watched a live show.
live | AY | The band played live.
live | IH | Where do you live?
live | AY | We are going live now.
live | IH | Long live the king!
live | AY | The concert is live.
live | IH | People live longer today.
lives | IH | He lives in Rome.
lives | AY | They saved many lives.
lives | AY | Our lives changed.
lead | EH | The pipes are made of lead.
lead | IY | She took the lead in the race.
lead | IY | Lead the way.
lead | EH | Lead paint is dangerous.
lead | IY | This will lead to problems.
lead | IY | the lead singer
wind | IH | The wind blew hard.
wind | AY | Please wind the clock.
wind | IH | a gust of wind
wind | AY | We should wind up the meeting.
tear | IH | A tear rolled down her cheek.
tear | EH | Do not tear the paper.
tear | EH | There is a tear in my shirt.
tears | IH | She burst into tears.
tear | EH | normal wear and tear
bow | OW | He shot an arrow with his bow.
bow | AW | The actors took a bow.
bow | AW | They bow to the queen.
bass | EY | He plays the bass guitar.
bass | AE | We caught a bass in the lake.
dove | AH | A white dove flew away.
dove | OW | She dove into the pool.
row | OW | three times in a row
row | OW | Row the boat.
minute | IH | Wait a minute.
minute | AY | minute details matter
close | OW1 Z | Please close the door.
close | OW1 S | The shop is close to my house.
close | OW1 S | They are close friends.
close | OW1 Z | We close at nine.
close | OW1 S | That was close!
use | Y UW1 Z | I use a computer.
use | Y UW1 S | What is the use of it?
use | Y UW1 Z | How do you use this?
use | Y UW1 S | It is no use.
uses | Y UW1 Z | She uses a pen.
uses | Y UW1 S | It has many uses.
used | Y UW1 S | I used to smoke.
used | Y UW1 Z | I used a pen.
used | Y UW1 Z | It is used to make bread.
house | AW1 S | a big house
house | AW1 Z | The shelters house many people.
object | AH0 | I object to that.
object | AA1 | a strange object
present | IY0 | She will present the award.
present | EH1 | He gave me a present.
present | EH1 | I was present at the meeting.
record | IH0 | Did you record it?
record | EH1 | They broke the world record.
produce | AH0 | We produce cars.
produce | OW1 | fresh produce
project | AA1 | The project is late.
permit | ER1 | You need a permit.
contract | AA1 | Sign the contract.
content | AH0 | He is content with his life.
content | AA1 | The content of the book.
perfect | ER0 | You need to perfect your skills.
perfect | ER1 | It was a perfect day.
minute | IH | Five minutes, one minute.
wound | UW | The wound healed.
wound | AW | She wound up the toy.
conduct | AH1 | They will conduct a survey.
conduct | AA1 | His conduct was poor.
conflict | AA1 | a conflict of interest
separate | EY2 | Separate the eggs.
separate | IH0 | in separate rooms
estimate | EY2 | We estimate the cost.
graduate | EY2 | When did you graduate?
graduate | AH0 | a graduate student
moderate | AH0 | moderate rain
deliberate | AH0 | It was a deliberate act.
import | IH2 | They import oil.
export | EH1 | the export of oil
increase | IH2 | Prices will increase.
increase | IH1 | an increase in prices
progress | AA1 | We made progress.
rebel | EH1 | a rebel army
refuse | IH0 | I refuse.
invalid | AE1 | The password is invalid.
resume | EH1 | Send me your resume.
resume | IY0 Z | We will resume at ten.
polish | AA1 | Polish your shoes.
polish | OW1 | She speaks Polish.
desert | EH1 | the Sahara desert
excuse | UW1 Z | Excuse me.
excuse | UW1 S | That is no excuse.
abuse | UW1 S | drug abuse
subject | AH1 | The subject is closed.
complex | AH0 | a very complex topic
complex | AA1 | a housing complex
suspect | AH0 | I suspect him.
suspect | AH1 | The suspect fled.
attribute | AE1 | an attribute of the class
attribute | IH1 | They attribute it to luck.
insult | AH1 | Do not insult me.
transfer | ER1 | Please transfer the money.
transport | AE1 | public transport
upset | EH1 | She was upset.
convert | ER1 | Convert the file.
address | EH | My address is here.
advocate | EY2 | They advocate reform.
alternate | EY2 | We alternate days.
appropriate | AH0 | the appropriate time
articulate | AH0 | He is articulate.
associate | EY2 | I associate it with summer.
coordinate | EY2 | We coordinate the work.
delegate | AH0 | the delegate from France
duplicate | EY2 | Do not duplicate it.
elaborate | EY2 | Could you elaborate?
initiate | EY2 | to initiate talks
intimate | AH0 | an intimate talk
console | OW0 | a game console
digest | EH1 | to digest food
learned | ER1 N D | I learned a lot.
bows | OW1 | ribbons and bows
"""


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_reading_in_context(case: str) -> None:
    word, part, sentence = case.split(" | ")
    said = ENGLISH.pronounce(sentence)
    place = [(t.start, t.end) for t in tokens(sentence) if t.word == word][-1]
    reading = " ".join(s for s, span in zip(said.symbols, said.spans, strict=True) if span == place)
    assert part in reading


def test_both_readings_in_one_sentence() -> None:
    said = " ".join(ENGLISH.pronounce("They live in a live music hall.").symbols)
    assert said.index("L IH1 V") < said.index("L AY1 V")


def _assistant_rows() -> list[list[str]]:
    lines = (Path(__file__).parent / "data/homographs_en.tsv").read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@pytest.mark.parametrize(("text", "phones"), _assistant_rows())
def test_beside_figures(text: str, phones: str) -> None:
    """Secondary stress differs between dictionaries."""
    heard = f" {' '.join(ENGLISH.pronounce(ENGLISH.normalize(text).text).symbols)} "
    assert f" {phones} ".replace("2", "0") in heard.replace("2", "0")

"""Speech markup: a subset of SSML, pinyin after a character, pauses.

`行{hang2}`, `{500ms}`, `<break time="1s"/>`, `<sub alias="…">`, `<say-as interpret-as="…">`,
`<phoneme ph="…">`, `<prosody rate="…">`, `<speak>`, `<p>`, `<s>`. Markup becomes directions between the
characters, so that it passes through the sentence scanner in any chunks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from dora_mlx_tts.errors import SettingError, TextError
from dora_mlx_tts.messages import unknown
from dora_mlx_tts.text.markup.ssml_elements import (
    HIGHEST_RATE,
    LOWEST_RATE,
    Element,
    find_reading,
    read_element,
    read_pause,
)
from dora_mlx_tts.text.markup.tags import LONGEST_TAG, SPEECH_TAG, Char
from dora_mlx_tts.text.punctuation import is_east_asian
from dora_mlx_tts.text.spoken import Direction, Pause, Rate, Reading

Policy = Literal["off", "text", "strict"]
"""off: speech markup is not looked for; text: malformed markup is text; strict: it is refused."""

LONGEST_CONTENT = 300
"""Maximum length of the content of `sub`, `say-as` and `phoneme`."""

_LONGEST_BRACE = 16
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_LONGEST_ENTITY = 5
_PINYIN = re.compile(r"\{([A-Za-züÜ:]{1,7}\d)\}")
_PAUSE = re.compile(r"\{([\d.]{1,6}\s?m?s)\}")
_HOLDING = frozenset({"sub", "say-as", "phoneme"})


def check_policy(policy: str) -> Policy:
    """`policy` if there is one of that name; raises SettingError otherwise."""
    policies: tuple[Policy, ...] = get_args(Policy)
    for known in policies:
        if policy == known:
            return known
    raise SettingError(unknown("speech markup", policy, policies))


def read_markup(text: str, policy: Policy) -> list[Char]:
    """`text` with its speech markup turned into directions; everything else is unchanged.

    Raises:
        TextError: malformed markup, with its position, where `policy` is strict.
    """
    if policy == "off":
        return [Char(char, at) for at, char in enumerate(text)]
    reader = SpeechMarkup(policy)
    return [*reader.feed(_with_tags(text)), *reader.flush()]


def _with_tags(text: str) -> Iterator[Char]:
    done = 0
    for match in SPEECH_TAG.finditer(text):
        yield from (Char(text[at], at) for at in range(done, match.start()))
        yield Char("", match.start(), tag=match.group())
        done = match.end()
    yield from (Char(text[at], at) for at in range(done, len(text)))


class SpeechMarkup:
    """Turns speech markup into directions, character by character.

    Held-back text is bounded: anything too long is not markup.
    """

    def __init__(self, policy: Policy = "text") -> None:
        self._policy = policy
        self._out: list[Char] = []
        self._forget()

    def _forget(self) -> None:
        """Start over: what is open belongs to what is not spoken."""
        self._open: list[tuple[str, Char]] = []  # elements that may hold others
        self._rates = [1.0]
        self._element: Element | None = None  # sub, say-as or phoneme that is open
        self._opened: Char | None = None
        self._content: list[Char] = []
        self._held: list[Char] = []  # a brace or an entity that is not complete
        self._before = ""

    def feed(self, chars: Iterable[Char]) -> list[Char]:
        """Take characters, with tags as `Char.tag`; returns characters and directions that are now certain."""
        for char in chars:
            if char.forgets:
                self._forget()
                self._out.append(char)
            elif char.tag:
                self._release_held()
                self._tag(char)
            elif self._opened is not None:
                self._hold_content(char)
            else:
                self._char(char)
        return self._take()

    def flush(self) -> list[Char]:
        """Release what was held back; open elements end here."""
        self._release_held()
        if self._opened is not None:
            self._give_up(self._opened, "is not closed")
        for name, opened in self._open:
            self._refuse(opened, f"<{name}> is not closed")
        if self._rates[-1] != 1.0:
            self._direct(Rate(0, 1.0), self._out[-1].at if self._out else 0)
        self._open, self._rates = [], [1.0]
        return self._take()

    def _take(self) -> list[Char]:
        out, self._out = self._out, []
        return out

    def _let(self, char: Char) -> None:
        self._out.append(char)
        self._before = char.text[-1:] if not char.in_code else ""

    # Characters

    def _char(self, char: Char) -> None:
        if self._held:
            self._held.append(char)
            self._judge_held(char.text)
        elif char.text == "{" or (char.text == "&" and self._inside("speak")):
            self._held = [char]
        else:
            self._let(char)

    def _judge_held(self, last: str) -> None:
        text = "".join(char.text for char in self._held)
        if text[0] == "{":
            if last == "}":
                self._end_brace(text)
            elif last in "{\n" or len(text) > _LONGEST_BRACE:
                self._release_held()
            return
        if last == ";":
            entity = _ENTITIES.get(text[1:-1])
            held, self._held = self._held, []
            for char in [held[0]._replace(text=entity)] if entity else held:
                self._let(char)
        elif not last.isalpha() or len(text) > _LONGEST_ENTITY:
            self._release_held()

    def _end_brace(self, text: str) -> None:
        """`{hang2}` behind a Han character, or `{500ms}`; anything else is text."""
        at = self._held[0]
        pinyin, pause = _PINYIN.fullmatch(text), _PAUSE.fullmatch(text)
        found: Reading | Pause | None = None
        if pinyin and is_east_asian(self._before) and self._before.isalnum():
            found = find_reading("pinyin", pinyin[1], self._before)
        elif pause:
            seconds = read_pause(pause[1])
            found = None if seconds is None else Pause(0, seconds)
        if found is not None:
            self._held = []
            self._direct(found, at.at)
            return
        if pause or (pinyin and is_east_asian(self._before)):
            self._refuse(at, f"{text} is neither pinyin with a tone nor a pause such as {{500ms}}")
        self._release_held()

    def _release_held(self) -> None:
        held, self._held = self._held, []
        if held:
            self._let(held[0])
        for char in held[1:]:
            self._char(char)
        if self._held and len(self._held) < len(held):
            self._release_held()

    # Tags

    def _inside(self, name: str) -> bool:
        return any(known == name for known, _ in self._open)

    def _tag(self, char: Char) -> None:
        element = read_element(char.tag)
        if self._opened is not None and self._element is not None:
            if element and element.closing and element.name == self._element.name:
                self._end_content(char)
            else:
                self._give_up(self._opened, f"holds {char.tag}")
                self._tag(char)
        elif element is None:
            self._malformed(char, "it lacks an attribute or has a wrong value")
        elif element.name in _HOLDING:
            self._begin_content(char, element)
        elif element.name == "break":
            if not element.closing:
                self._direct(Pause(0, element.number), char.at)
        else:
            self._nest(char, element)

    def _nest(self, char: Char, element: Element) -> None:
        """`speak`, `p`, `s` and `prosody`, which hold other elements."""
        if element.name in {"p", "s"} and not self._inside("speak"):
            if element.name == "p":  # elsewhere these are HTML's paragraph and strike-through
                self._let(Char("\n", char.at))
            return
        if element.empty:
            return
        if not element.closing:
            self._open.append((element.name, char))
            if element.name == "prosody":
                rate = round(self._rates[-1] * element.number, 6)
                rate = min(max(rate, LOWEST_RATE), HIGHEST_RATE)
                self._rates.append(rate)
                self._direct(Rate(0, self._rates[-1]), char.at)
        elif not self._open or self._open[-1][0] != element.name:
            self._malformed(char, "it closes what is not open")
            return
        else:
            self._open.pop()
            if element.name == "prosody":
                self._rates.pop()
                self._direct(Rate(0, self._rates[-1]), char.at)
        if element.name != "prosody":
            self._let(Char("\n", char.at))

    def _direct(self, direction: Direction, at: int) -> None:
        self._out.append(Char("", at, direction=direction))

    # sub, say-as, phoneme

    def _begin_content(self, char: Char, element: Element) -> None:
        if element.closing:
            self._malformed(char, "it closes what is not open")
        elif not element.empty:
            self._element, self._opened, self._content = element, char, []

    def _hold_content(self, char: Char) -> None:
        self._content.append(char)
        if len(self._content) > LONGEST_CONTENT and self._opened is not None:
            self._give_up(self._opened, f"holds more than {LONGEST_CONTENT} characters")

    def _end_content(self, closing: Char) -> None:
        element, opened, content = self._element, self._opened, self._content
        if element is None or opened is None:
            return
        spoken = element.spoken("".join(char.text for char in content))
        if spoken is None:
            self._give_up(opened, "does not fit what it holds")
            self._as_text(closing)
            return
        self._element, self._opened, self._content = None, None, []
        text, reading = spoken
        same = len(text) == len(content)
        for i, letter in enumerate(text):
            self._let(Char(letter, content[i].at if same else opened.at))
        if reading is not None:
            self._direct(reading, opened.at)

    def _give_up(self, opened: Char, problem: str) -> None:
        """Give up a malformed element: its tag and content are text."""
        content = self._content
        self._element, self._opened, self._content = None, None, []
        self._malformed(opened, problem)
        for char in content:
            self._char(char)

    def _malformed(self, char: Char, problem: str) -> None:
        self._refuse(char, f"{char.tag[:LONGEST_TAG]} {problem}")
        self._as_text(char)

    def _as_text(self, char: Char) -> None:
        for i, letter in enumerate(char.tag):
            self._let(Char(letter, char.at + i))

    def _refuse(self, char: Char, problem: str) -> None:
        if self._policy == "strict":
            raise TextError(f"markup at character {char.at}: {problem}")

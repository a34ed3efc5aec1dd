"""What is never spoken, or not as it is written: entities, formulas, chat templates, reasoning, sources."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.markup.formulas import LONGEST_FORMULA, FormulaFilter
from dora_mlx_tts.text.markup.latex import math_text
from dora_mlx_tts.text.sentences.pieces import whole_text
from dora_mlx_tts.text.sentences.scanner import ScannerOptions, SentenceScanner

FRONT_END = FrontEnd()


def streamed(text: str, step: int = 1, **options: object) -> list[str]:
    scanner = SentenceScanner(ScannerOptions.from_dict(options))
    chunks = [text[at : at + step] for at in range(0, len(text), step)]
    found = [sentence for chunk in chunks for sentence in scanner.feed(chunk)]
    return [sentence.text for sentence in [*found, *scanner.flush()]]


def whole(text: str) -> list[str]:
    return [sentence.text for sentence in whole_text(text, filters=True).sentences]


def said(text: str, language: str = "en") -> str:
    return FRONT_END.phonemize(text, language).norm_text.strip(" .")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # entities
        ("Salt &amp; pepper aren&#39;t sold here.", ["Salt & pepper aren't sold here."]),
        ("5 &lt; 7 &#x2014; sure.&nbsp;Next.", ["5 < 7 — sure.", "Next."]),
        ("It&amp;#8217;s fine; Q&A &nosuch; R&D.", ["It’s fine; Q&A &nosuch; R&D."]),
        ("&lt;think&gt; is a tag.", ["<think> is a tag."]),
        ("写成 `&amp;` 就行。", ["写成 &amp; 就行。"]),
        # tokens of chat templates
        ("That is it.<|im_end|>", ["That is it."]),
        ("Yes.<|eot_id|>Sure<|endoftext|>", ["Yes.", "Sure"]),
        ("<|im_start|>assistant\nMorning!<|im_end|>", ["Morning!"]),
        ("<|start_header_id|>assistant<|end_header_id|>\n\nTea?<|eot_id|>", ["Tea?"]),
        (
            (
                "<|channel|>analysis<|message|>They ask. Hm.<|end|>"
                "<|start|>assistant<|channel|>final<|message|>Two cups.<|return|>"
            ),
            ["Two cups."],
        ),
        (
            (
                "<|start|>assistant<|channel|>commentary to=functions.map <|constrain|>json<|message|>"
                '{"a": 1}<|call|>'
            ),
            [],
        ),
        ("Good.<|im_end|>\n<|im_start|>user\nAnd then?<|im_end|>", ["Good."]),
        ("[INST] Hello. [/INST] Hi there.", ["Hello.", "Hi there."]),
        ("<<SYS>> Be brief. <</SYS>> Fine.", ["Fine."]),
        ('One moment.[TOOL_CALLS][{"name": "x"}]\nThere.', ["One moment.", "There."]),
        ("<start_of_turn>model\nYo.<end_of_turn>", ["Yo."]),
        ("好的。<｜end▁of▁sentence｜>", ["好的。"]),
        ("<|begin_of_thought|>Hm. Eh.<|end_of_thought|>Done.", ["Done."]),
        # reasoning and calls
        ("<analysis>Let me see.</analysis>Blue.", ["Blue."]),
        ("<scratchpad>3+4</scratchpad> Seven. <reflection>ok?</reflection>", ["Seven."]),
        ('Wait.<function=find>{"q": "tea"}</function> Here.', ["Wait.", "Here."]),
        ('<invoke name="a"><parameter name="b">c</parameter></invoke>Right.', ["Right."]),
        # marks of sources
        (
            "Owls hunt at night.[3] Bats do, too [4, 5].",
            ["Owls hunt at night.", "Bats do, too [4, 5]."],
        ),
        ("Owls hunt[2,3] at night. [1][2] Yes [6].", ["Owls hunt at night.", "Yes."]),
        ("Look![1] A bat [citation needed].", ["Look!", "A bat."]),
        ("水在零度结冰【7†source】。【注意】别滑倒。", ["水在零度结冰。", "【注意】别滑倒。"]),
        ("Set a[1] and the list [1, 2].", ["Set a[1] and the list [1, 2]."]),
        ("Rain\ue200cite\ue202turn0search3\ue201 is due.", ["Rain is due."]),
        # tables and tasks
        ("name | age\n--- | ---\nAda | 7", ["name age", "Ada 7"]),
        ("- [ ] sweep\n- [x] wash\n1. [ ] iron", ["sweep", "wash", "1. iron"]),
        # formulas
        ("We get $y = 7$ now.", ["We get y = 7 now."]),
        ("It costs $7 and then $9.", ["It costs $7 and then $9."]),
        ("From $3-$8, or $HOME/$USER.", ["From $3-$8, or $HOME/$USER."]),
        ("Take $n$ steps, $n \\geq 2$.", ["Take n steps, n ≥ 2."]),
        ("$$\\frac{a}{b} = c$$", ["a ÷ b = c"]),
        ("设 \\(m \\neq 0\\)，那么 \\[m^2 > 0\\]。", ["设 m ≠ 0，那么 m² > 0。"]),
        ("A third is \\frac{1}{3}, so 2 \\times 3 = 6.", ["A third is 1/3, so 2 × 3 = 6."]),
        ("Open C:\\new\\times now.", ["Open C:\\new\\times now."]),
        ("价格是$5，不是$6。", ["价格是$5，不是$6。"]),
        # several families of models
        (
            "<｜begin▁of▁sentence｜><｜User｜>Tea?<｜Assistant｜>Here it is.<｜end▁of▁sentence｜>",
            ["Here it is."],
        ),
        ("<｜User｜>Tea?<｜Assistant｜><think>\nHm.\n</think>Here.<｜User｜>More", ["Here."]),
        ("<|turn>model\n<|channel>thought\nHm.<channel|>Here.<turn|>\n<|turn>user\nTea", ["Here."]),
        ("◁think▷The user wants tea.◁/think▷Here it is.", ["Here it is."]),
        ("[gMASK]<sop><|user|>\nTea?<|assistant|>\nHere it is.", ["Here it is."]),
        ("<table><tr><th>Tea</th><th>Cups</th></tr></table>Done.", ["Tea Cups", "Done."]),
        ("<details><summary>Tea</summary>Green.</details>", ["Tea", "Green."]),
        ("A ◁ left, <b|c> and a <x y.", ["A < left, <b|c> and a <x y."]),
    ],
)
def test_streamed_and_whole(text: str, expected: list[str]) -> None:
    assert streamed(text) == expected
    assert streamed(text, 7) == expected
    assert whole(text) == expected
    for cut in range(1, len(text)):
        scanner = SentenceScanner(ScannerOptions())
        found = [*scanner.feed(text[:cut]), *scanner.feed(text[cut:]), *scanner.flush()]
        assert [sentence.text for sentence in found] == expected, cut


@pytest.mark.parametrize(
    "closing", ["</think>", "</analysis>", "</thinking>", "<|end_of_thought|>", "[/THINK]"]
)
def test_a_reasoning_whose_beginning_the_template_wrote(closing: str) -> None:
    text = f"The user wants tea. I should say so, perhaps {closing}\nHere is your tea."
    assert whole(text) == ["Here is your tea."]
    # What has left a stream cannot be unsaid; what was open is dropped, and nothing is glued to it.
    assert streamed(text) == ["The user wants tea.", "Here is your tea."]
    assert streamed(text, 500) == streamed(text)


def test_markup_of_a_forgotten_reasoning_does_not_reach_the_answer() -> None:
    text = 'A <prosody rate="slow">slow<break time="1s"/></think>Answer.'
    sentences = whole_text(text, filters=True).sentences
    assert [(s.text, s.rate, s.pause_before_s) for s in sentences] == [("Answer.", 1.0, 0.0)]


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r"\frac{3}{8}", "3/8"),
        (r"2\frac{1}{2}", "2½"),
        (r"\frac{a+b}{c}", "(a+b) ÷ c"),
        (r"\sqrt{x} \leq 9", "√x ≤ 9"),
        (r"x^{2} - 4", "x² minus 4"),
        (r"10^{-6}", "10⁻⁶"),
        (r"20^\circ", "20°"),
        (r"\sum_{k=1}^{n} k", "∑ k = 1 → n, k"),
        (r"\text{speed} = 3\,\mathrm{km}", "speed = 3 km"),
        (r"a_{12} \cdot b", "a₁₂ × b"),
        (r"\left(\alpha\right) \nosuch", "(α)"),
        (r"\boxed{42}", "42"),
        ("}{" * 40, ""),
    ],
)
def test_formulas_as_text(formula: str, text: str) -> None:
    assert math_text(formula) == text


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("We get $y = 7$ now.", "en", "We get y equals seven now"),
        (r"Add \frac{3}{4} cup.", "en", "Add three fourths cup"),
        (r"加\frac{3}{4}杯。", "zh", "加四分之三杯"),
        (r"So $3 \cdot 4 \geq 10$.", "en", "So three times four greater than or equal to ten"),
        ("Salt &amp; pepper.", "en", "Salt and pepper"),
        ("That is it.<|im_end|>", "en", "That is it"),
        ("水结冰【7†source】。", "zh", "水结冰"),
        ("猫头鹰夜里捕食[3]。", "zh", "猫头鹰夜里捕食"),
    ],
)
def test_readings_without_a_filter(text: str, language: str, expected: str) -> None:
    assert said(text, language) == expected


def test_a_formula_is_traced_to_its_source() -> None:
    text = r"Add \frac{3}{4} cup."
    spans = FRONT_END.phonemize(text, "en").char_spans
    assert any(text[start:end] == r"\frac{3}{4}" for start, end in spans)


@pytest.mark.parametrize(
    "hostile", ["$a ", "\\(", "$x{", "\\frac{", "$$", "&amp", "&#", "【1", "<|", "[1", "<<"]
)
def test_nothing_is_held_for_long(hostile: str) -> None:
    scanner = SentenceScanner()
    scanner.feed("Yes. " + hostile * 500)
    found = [*scanner.feed(" z" * LONGEST_FORMULA + "\n\nEnd here.\n"), *scanner.flush()]
    assert found[-1].text.endswith("End here.")


_PIECES = st.sampled_from(
    [
        *"$\\{}[]()<>&;|^_=x5 。.\n",
        "\\frac{",
        "\\geq",
        "$$",
        "&amp;",
        "&#39;",
        "<|im_end|>",
        "<|start|>",
        "<|message|>",
        "</think>",
        "[1]",
        "【2†a】",
        "[INST]",
        "<function=f>",
        "</function>",
        "Yes. ",
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(_PIECES, max_size=30).map("".join), st.integers(1, 9))
def test_chunking_never_changes_what_is_spoken(text: str, step: int) -> None:
    assert streamed(text, step, speech="text") == streamed(text, len(text) or 1, speech="text")


@settings(deadline=None)
@given(st.text(alphabet="$\\{}^_a5 .\n(x)", max_size=60), st.integers(1, 9))
def test_formulas_whatever_the_chunks(text: str, step: int) -> None:
    def read(size: int) -> list[tuple[str, int]]:
        reader = FormulaFilter()
        found = list[tuple[str, int]]()
        for at in range(0, len(text), size):
            found += reader.feed(text[at : at + size], at, text[max(at - 1, 0) : at])
        return [*found, *reader.flush()]

    assert read(step) == read(len(text) or 1)
    assert [at for _, at in read(step)] == sorted(at for _, at in read(step))


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        (r"\begin{align} x &= 5 \\ y &= 1 \end{align}", "x equals five, y equals one"),
        (r"So \begin{equation} a + b = 3 \end{equation} holds.", "So a plus b equals three holds."),
        (r"\begin{cases} x & x \ge 0 \\ -x & x < 0 \end{cases}", "x, x greater than or equal to zero, minus x, x less than zero"),
        (r"\begin{align} never closed", "never closed"),
    ],
)  # fmt: skip
def test_environments_without_marks(text: str, spoken: str) -> None:
    whole = whole_text(text, "text", filters=True).sentences
    said = " ".join(FrontEnd().phonemize(part.text, "en").norm_text for part in whole)
    assert " ".join(said.split()) == spoken

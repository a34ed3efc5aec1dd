"""What the guard finds in many texts, short and long, and how it ends.

    python benchmarks/reliability.py --texts 300 --json out/reliability.json

Nothing is recognised here: lengths, levels, attempts and errors are counted, and texts whose speech
is much shorter or longer than the voice's pace are listed. `--hot` samples carelessly, to make the
networks lose their way more often.
"""

from __future__ import annotations

import json
from collections import Counter

import harness
import numpy as np

from dora_mlx_tts import Synthesizer, TtsError

SHORT = {
    "starter-en": ("OK.", "3", "No!", "A", "What?", "Yes.", "Hi.", "Oh.", "10", "Stop!"),
    "starter-zh": ("嗯", "好", "3", "OK", "哦。", "谢谢。", "什么？", "不。", "是", "你好"),
}
PARTS = {
    "starter-en": (
        "the morning train was late again",
        "please call me back before five o'clock",
        "we waited quietly on the platform",
        "nobody wanted to leave before the end",
        "I would like to know what time it is",
        "the price of bread has gone up to 3.50",
        "my brother lives on the other side of town",
        "it's raining again",
    ),
    "starter-zh": (
        "今天天气很好",
        "我们一起去公园散步",
        "请在五点之前给我打电话",
        "这本书一共有三百二十页",
        "老师喜欢喝茶",
        "我昨天晚上一口气读完了",
        "孩子们在外面玩",
        "火车晚上九点离开北京",
    ),
}


def texts(count: int) -> list[tuple[str, str]]:
    """Voice and text: a third of one or two characters, the others of one to six clauses."""
    draw = np.random.default_rng(0)
    made = []
    for number in range(count):
        voice = ("starter-en", "starter-zh")[number % 2]
        if number % 6 < 2:
            made.append((voice, str(draw.choice(SHORT[voice]))))
            continue
        parts = draw.choice(PARTS[voice], size=int(draw.integers(1, 7)), replace=False)
        english = voice == "starter-en"
        text = (", " if english else "，").join(parts)
        made.append((voice, text[0].upper() + text[1:] + ("." if english else "。")))
    return made


def main() -> None:
    """Speak and count."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument(
        "--hot", action="store_true", help="temperature 1.7, no penalty, all tokens"
    )
    given = parser.parse_args()
    synthesizer = Synthesizer.load()
    hot = {"temperature": 1.7, "repetition_penalty": 1.0, "top_k": 1025} if given.hot else {}
    outcomes: Counter[str] = Counter()
    paces, failures = [], []
    for number, (voice, text) in enumerate(texts(given.texts)):
        try:
            speech = synthesizer.speak(text, voice=voice, seed=number, fragment_interval=0, **hot)
        except TtsError as error:
            outcomes[type(error).__name__] += 1
            failures.append(f"{text}: {error}")
            continue
        outcomes["spoken"] += 1
        paces.append((speech.duration_s / max(1, len(speech.words)), len(speech.words), text))
    stats = synthesizer.stats
    long = [pace for pace, words, _ in paces if words > 4]
    middle = float(np.median(long))
    odd = [text for pace, words, text in paces if words > 4 and not 0.6 < pace / middle < 1 / 0.6]
    result = {
        "texts": given.texts,
        "sampling": hot or "default",
        "outcomes": dict(outcomes),
        "sentences": stats.sentences,
        "problems": dict(stats.problems),
        "restarts": stats.restarts,
        "continuations": stats.continuations,
        "audio_s": round(stats.audio_s, 1),
        "odd pace": odd,
        "errors": failures,
    }
    print(json.dumps(result, indent=2, ensure_ascii=False))
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

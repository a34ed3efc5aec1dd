"""How fast text becomes phones: cold start, and milliseconds per 100 characters by language and stage.

Cold start is a fresh process: importing the front end, then the first sentence, which opens the
dictionaries, then another one, whose words are new. Warm times are of a text that was read before, as
most of its words will have been in use. The rate is CPU time, which a busy machine does not change:
one thread does all the work.

    python benchmarks/text.py [--samples 5] [--json FILE]
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from statistics import median

from harness import Row, Timing, machine, parser, report, take_turns

from dora_mlx_tts.errors import LanguageError
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.registry import MODULES
from dora_mlx_tts.text.schemes import scheme_of
from dora_mlx_tts.text.sentences.pieces import split
from dora_mlx_tts.text.sentences.scanner import SentenceScanner
from dora_mlx_tts.text.spans import split_spans

TEXTS: Mapping[str, str] = {
    "zh": "昨天下午三点半，我和妹妹一起去了一趟重庆银行，行长很高兴地告诉我们，2024年的利率是3.5%，"
    "比去年高了不少。回家的路上下起了雨，我们慢慢地走着，聊起小时候在草地上放风筝的事，一点儿也不觉得累。",
    "en": "The meeting starts at 3:30 p.m. on Friday, May 5th, and Dr. Brown will read the live results "
    "of the last $2.5 million study; please don't forget to bring your GPU benchmarks.",
    "mixed": "我昨天用iPhone 15 Pro拍了一段4K视频，上传到YouTube以后大概有128GB，deadline是Friday下午5点，"
    "所以今晚必须finish这个project，OK？",
    "ja": "昨日の午後三時半に、妹と一緒に銀行へ行きました。帰り道に雨が降り出したので、傘を買って、ゆっくり歩いて帰りました。",
    "ko": "어제 오후 세 시 반에 동생과 함께 은행에 갔습니다. 돌아오는 길에 비가 내려서 우산을 사서 천천히 걸어왔습니다.",
    "yue": "琴日下晝三點半，我同細妹一齊去咗銀行，行長好高興噉同我哋講，今年嘅利息比舊年高咗好多。",
}
FRESH: Mapping[str, str] = {
    "zh": "科学家在南方的森林里发现了一种青蛙，它们体长不到三厘米，只在雨季鸣叫，研究者录下声音，与邻近岛屿的种类比较，"
    "认为它是独立演化出来的物种。",
    "en": "Scientists have discovered a tiny species of frog in the southern rain forest; it measures "
    "less than 3 cm, calls only during the wet season, and seems to have evolved on its own.",
    "mixed": "客户希望下周三前看到prototype，我把backend部署到了cloud上，再写200行script，测试coverage达到85%就可以release。",
}
CODES = {"mixed": "auto", "yue": "all_yue"}
COLD = """
import time
start = time.perf_counter()
from dora_mlx_tts.text.frontend import FrontEnd
front_end = FrontEnd()
imported = time.perf_counter()
front_end.phonemize({text!r}, {code!r})
first = time.perf_counter()
front_end.phonemize({fresh!r}, {code!r})
print(imported - start, first - start, time.perf_counter() - first)
"""


def children_seconds() -> float:
    """CPU time of all processes that were started and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def cold_start(samples: int) -> list[Row]:
    """Fresh processes: import, import and first sentence, a second sentence of new words."""
    rows = []
    for name in ("zh", "en", "mixed"):
        fresh = FRESH[name]
        script = COLD.format(text=TEXTS[name], fresh=fresh, code=CODES.get(name, name))
        times, used = list[tuple[float, ...]](), list[float]()
        for _ in range(samples):
            start = children_seconds()
            done = subprocess.run(
                [sys.executable, "-c", script], check=True, capture_output=True, text=True
            )
            used.append(children_seconds() - start)
            times.append(tuple(map(float, done.stdout.split())))
        imports, firsts, seconds = (Timing(t, tuple(used)) for t in zip(*times, strict=True))
        rate = 1000 * median(seconds.seconds) / len(fresh) * 100
        rows += [
            Row("import", f"{name}, cold", imports),
            Row("import, first sentence", f"{name}, cold", firsts),
            Row("second sentence, new words", f"{name}, cold", seconds, rate, "ms/100 chars"),
        ]
    return rows


def stages(name: str, front_end: FrontEnd) -> dict[str, Callable[[], object]]:
    """The whole reading of a text and its stages, each ready to run."""
    text, code = TEXTS[name], CODES.get(name, name)
    scheme = scheme_of(code)
    spans = [(span.language, text[span.start : span.end]) for span in split_spans(text, scheme)]
    modules = {language: MODULES[language]("v2") for language, _ in spans}
    norms = [(language, modules[language].normalize(part).text) for language, part in spans]

    def scan() -> object:
        scanner = SentenceScanner()
        return [*(s for char in text for s in scanner.feed(char)), *scanner.flush()]

    return {
        "sentences, by character": scan,
        "split": lambda: split(text),
        "language spans": lambda: split_spans(text, scheme),
        "normalize": lambda: [modules[lang].normalize(part) for lang, part in spans],
        "pronounce": lambda: [modules[lang].pronounce(norm) for lang, norm in norms if norm],
        "phonemize (all)": lambda: front_end.phonemize(text, code),
    }


def warm(samples: int) -> list[Row]:
    """Stages of every installed language, with milliseconds per 100 characters."""
    rows = []
    front_end = FrontEnd()
    for name, text in TEXTS.items():
        try:
            runs = stages(name, front_end)
        except LanguageError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        for stage, timing in take_turns(runs, samples=samples, warmup=2).items():
            per_100 = 1000 * median(timing.cpu_seconds) / len(text) * 100
            rows.append(Row(stage, f"{name}, warm", timing, per_100, "ms/100 chars"))
    return rows


def main() -> None:
    """Measure and report."""
    options = parser(__doc__.splitlines()[0] if __doc__ else "").parse_args()
    about = machine()
    rows = [*cold_start(options.samples), *warm(4 * options.samples)]
    report("Text front end", rows, about, options.json)


if __name__ == "__main__":
    main()

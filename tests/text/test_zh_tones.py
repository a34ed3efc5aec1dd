from __future__ import annotations

import re

import pytest

from dora_mlx_tts.text.zh import Mandarin, MandarinRules
from dora_mlx_tts.text.zh.syllable import symbols_of

MANDARIN = Mandarin()


def phones(pinyin: str) -> tuple[str, ...]:
    return tuple(s for p in pinyin.split() for s in symbols_of(p) or ())


def said(text: str, mandarin: Mandarin = MANDARIN) -> tuple[str, ...]:
    symbols = mandarin.pronounce(mandarin.normalize(text).text).symbols
    return tuple(s for s in symbols if not re.fullmatch("[!?…,.]", s))


CASES = {
    "bu": [
        ("不对", "bu2 dui4"),
        ("不好", "bu4 hao3"),
        ("不行", "bu4 xing2"),
        ("听不懂", "ting1 bu5 dong3"),
        ("去不去", "qu4 bu5 qu4"),
        ("可不可以", "ke3 bu5 ke2 yi3"),
        ("拿不起来", "na2 bu5 qi3 lai5"),
        ("忘不了", "wang4 bu5 liao3"),
        ("做不完", "zuo4 bu5 wan2"),
        ("喜欢不喜欢", "xi3 huan5 bu5 xi3 huan5"),
        ("失误率不到百分之一", "shi1 wu4 lv4 bu2 dao4 bai3 fen1 zhi1 yi1"),
    ],
    "yi": [
        ("一样", "yi2 yang4"),
        ("一年", "yi4 nian2"),
        ("一起", "yi4 qi3"),
        ("第一课", "di4 yi1 ke4"),
        ("想一想", "xiang3 yi5 xiang3"),
        ("三十一", "san1 shi2 yi1"),
        ("一百", "yi4 bai3"),
        ("一万", "yi2 wan4"),
        ("星期一", "xing1 qi1 yi1"),
        ("一月", "yi1 yue4"),
        ("一个月", "yi2 ge5 yue4"),
        ("周四一起去", "zhou1 si4 yi4 qi3 qu4"),
        ("三分之一", "san1 fen1 zhi1 yi1"),
        ("1.5", "yi4 dian3 wu3"),
        ("1.2.3", "yi1 dian3 er4 dian3 san1"),
        ("十一度", "shi2 yi2 du4"),
        ("十一楼", "shi2 yi1 lou2"),
        ("五月一日", "wu3 yue4 yi1 ri4"),
        ("上个星期一起去", "shang4 ge4 xing1 qi1 yi4 qi3 qu4"),
        ("1:30", "yi4 dian3 ban4"),
        ("1:05", "yi4 dian3 ling2 wu3 fen1"),
    ],
    "neutral": [
        ("桌子", "zhuo1 zi5"),
        ("原子", "yuan2 zi3"),
        ("我们", "wo3 men5"),
        ("好吧", "hao3 ba5"),
        ("酒吧", "jiu3 ba1"),
        ("余额", "yu2 e2"),
        ("来得及", "lai2 de5 ji2"),
        ("桌上", "zhuo1 shang5"),
        ("轻轻地", "qing1 qing1 de5"),
        ("跑得快", "pao3 de5 kuai4"),
        ("目的地", "mu4 di4 di4"),
        ("慢慢地走", "man4 man4 de5 zou3"),
        ("这块地", "zhe4 kuai4 di4"),
        ("慢慢地", "man4 man4 de5"),
        ("小声地说", "xiao3 sheng1 de5 shuo1"),
        ("舍不得", "she3 bu5 de5"),
    ],
    "reduplication": [
        ("爸爸", "ba4 ba5"),
        ("看看", "kan4 kan5"),
        ("研究研究", "yan2 jiu1 yan2 jiu1"),
        ("银行行长", "yin2 hang2 hang2 zhang3"),
    ],
    "third": [
        ("你好", "ni2 hao3"),
        ("展览馆", "zhan2 lan2 guan3"),
        ("纸老虎", "zhi3 lao2 hu3"),
        ("一等奖", "yi1 deng2 jiang3"),
        ("半导体", "ban4 dao3 ti3"),
        ("小李给我", "xiao3 li2 gei3 wo3"),
    ],
    "erhua": [
        ("玩儿", "wan2 er2"),
        ("女儿", "nv3 er2"),
        ("哪儿", "na3 er3"),
        ("一会儿", "yi2 hui4 er4"),
        ("今儿个", "jin1 er1 ge5"),
        ("儿童", "er2 tong2"),
    ],
    "context": [
        ("他还没还钱", "ta1 hai2 mei2 huan2 qian2"),
        ("路很长", "lu4 hen3 chang2"),
        ("孩子长高了", "hai2 zi5 zhang3 gao1 le5"),
        ("两只鸟", "liang3 zhi1 niao3"),
        ("睡不着", "shui4 bu5 zhao2"),
        ("三行字", "san1 hang2 zi4"),
        ("在种树", "zai4 zhong4 shu4"),
        ("请倒茶", "qing3 dao4 cha2"),
        ("他姓曾", "ta1 xing4 zeng1"),
        ("一个大夫", "yi2 ge5 dai4 fu5"),
    ],
    "rare": [
        ("𠮷", "ji2"),
        ("〇", "ling2"),
        ("噷", "heng5"),
        ("㐂", "xi3"),
        ("嗯", "en1"),
        ("绿", "lv4"),
        ("略", "lve4"),
        ("儿", "er2"),
        ("欸", "ai1"),
    ],
}


@pytest.mark.parametrize(
    ("text", "pinyin"),
    [pytest.param(t, p, id=f"{k}: {t!a}") for k, c in CASES.items() for t, p in c],
)
def test_is_read(text: str, pinyin: str) -> None:
    assert said(text) == phones(pinyin)


def test_a_character_without_reading_has_no_phones_and_no_count() -> None:
    spoken = MANDARIN.pronounce("好兙好")
    assert spoken.word2ph == (2, 0, 2)
    assert "UNK" not in spoken.symbols


@pytest.mark.parametrize(
    ("rules", "text", "pinyin"),
    [
        (MandarinRules(bu=False), "不对", "bu4 dui4"),
        (MandarinRules(yi=False), "一样", "yi1 yang4"),
        (MandarinRules(neutral=False), "朋友", "peng2 you3"),
        (MandarinRules(reduplication=False), "试试", "shi4 shi4"),
        (MandarinRules(third=False), "你好", "ni3 hao3"),
        (MandarinRules(third_across_words=False), "我很好", "wo3 hen3 hao3"),
        (MandarinRules(erhua=False), "小院儿", "xiao3 yuan4 er5"),
        (MandarinRules(context=False), "没还钱", "mei2 hai2 qian2"),
        (MandarinRules(neutral_words=frozenset({"苹果"})), "苹果", "ping2 guo5"),
        (MandarinRules(full_tone_words=frozenset({"东西"})), "东西", "dong1 xi1"),
        (MandarinRules(full_er_words=frozenset({"院儿"})), "大院儿", "da4 yuan4 er2"),
        (MandarinRules(erhua_words=frozenset({"女儿"})), "女儿", "nv3 er3"),
    ],
)
def test_rule_can_be_changed(rules: MandarinRules, text: str, pinyin: str) -> None:
    assert said(text, Mandarin(rules)) == phones(pinyin)
    assert said(text) != phones(pinyin)

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.text.ko import Korean
from dora_mlx_tts.text.ko.pronounce.hangul import DIVIDED, Syllable, is_syllable
from dora_mlx_tts.text.ko.pronounce.words import RESPELLED

KOREAN = Korean()


def norm(text: str) -> str:
    return KOREAN.normalize(text).text


def phones(text: str) -> str:
    return "".join(KOREAN.pronounce(text).symbols).removesuffix(".")


def letters(hangul: str) -> str:
    """Phones of a text that is spelled as it sounds."""
    out = ""
    for char in hangul:
        parts = [char]
        if is_syllable(char):
            syllable = Syllable.of(char, 0)
            parts = [syllable.onset, syllable.vowel, syllable.coda]
        out += "".join(DIVIDED.get(part, part) for part in parts)
    return out.replace(" ", "空")


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        # one syllable
        ("가져", "가저"), ("희망", "히망"), ("의사", "의사"), ("예의", "예의"),
        # codas at the end (8-11)
        ("닭", "닥"), ("값", "갑"), ("넋", "넉"), ("여덟", "여덜"), ("삶", "삼"), ("부엌", "부억"), ("히읗", "히읃"),
        ("꽃", "꼳"), ("있", "읻"), ("읊다", "읍따"), ("핥다", "할따"), ("밟지", "밥찌"), ("넓다", "널따"),
        # ㅎ (12)
        ("놓고", "노코"), ("많다", "만타"), ("싫소", "실쏘"), ("좋은", "조은"), ("쌓이다", "싸이다"), ("않는", "안는"),
        ("뚫네", "뚤레"), ("놓는", "논는"), ("입학", "이팍"), ("맏형", "마텽"), ("꽂히다", "꼬치다"), ("밝히다", "발키다"),
        ("앉히다", "안치다"), ("넓히다", "널피다"),
        # liaison (13-15)
        ("옷이", "오시"), ("값을", "갑쓸"), ("앉아", "안자"), ("닭을", "달글"), ("젊어", "절머"), ("꽃 위", "꼳 위"),
        ("강아지", "강아지"), ("밖에", "바께"), ("끝에", "끄테"), ("무릎을", "무르플"), ("늦어서", "느저서"),
        # palatalisation (17)
        ("굳이", "구지"), ("같이", "가치"), ("닫히다", "다치다"), ("닫혔다", "다쳗따"), ("붙여", "부쳐"), ("벼훑이", "벼훌치"),
        # nasals and liquids (18-20)
        ("국물", "궁물"), ("밥 먹다", "밤 먹따"), ("협력", "혐녁"), ("담력", "담녁"), ("종로", "종노"), ("신라", "실라"),
        ("칼날", "칼랄"), ("읽는", "잉는"), ("없는", "엄는"), ("꽃망울", "꼰망울"), ("십 리", "심 니"),
        ("알을 낳다", "아를 나타"),
        # tense sounds (23-25, 27)
        ("학교", "학꾜"), ("국 밥", "국 빱"), ("옷고름", "옫꼬름"), ("신고 가다", "신고 가다"), ("신발을 신고", "신바를 신꼬"),
        ("아기를 안고", "아기를 안꼬"), ("남지 않다", "남찌 안타"), ("남기다", "남기다"), ("굶다", "굼따"), ("굶기다", "굼기다"),
        ("앉고", "안꼬"), ("맑게", "말께"), ("닭과", "닥꽈"), ("핥지", "할찌"), ("감자", "감자"), ("강남 고속", "강남 고속"),
        ("할 수", "할 쑤"), ("먹을 것", "머글 껃"), ("밥을 주다", "바블 주다"), ("있을 거예요", "이쓸 꺼예요"),
        ("오늘 저녁", "오늘 저녁"), ("갈 데", "갈 떼"), ("사람들 사이", "사람들 사이"), ("길 건너", "길 건너"),
        ("물을 것", "무를 걷"), ("모를 것", "모를 껃"),
        # words (20, 26, 28-30)
        ("발전", "발쩐"), ("꽃잎이", "꼰니비"), ("서울역에서", "서울려게서"), ("깃발", "기빨"), ("의견란", "의견난"),
    ],
)  # fmt: skip
def test_pronunciation(written: str, spoken: str) -> None:
    assert phones(written) == letters(spoken)


def test_letters_and_marks() -> None:
    assert KOREAN.pronounce("ㅋㅋ ㅠ, 와").symbols == (
        "ㅋ", "ㅋ", "空", "ㅣ", "ㅜ", ",", "空", "ㅇ", "ㅗ", "ㅏ", ".",
    )  # fmt: skip
    assert KOREAN.pronounce("네!").symbols == ("ㄴ", "ㅔ", "!")
    assert KOREAN.pronounce("가 ").symbols == ("ㄱ", "ㅏ", "空")
    assert KOREAN.pronounce("").symbols == ()


def test_words_keep_their_length() -> None:
    assert all(len(word) == len(sound) for word, sound in RESPELLED.items())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("사과 3개", "사과 세개"), ("20살", "스무살"), ("21명", "스물한명"), ("101개", "백한개"), ("150명", "백오십명"),
        ("3개월", "삼개월"), ("2시간", "두시간"), ("3시 30분", "세시 삼십분"), ("15시", "십오시"), ("1번째", "첫번째"),
        ("2번 했다", "두번 했다"), ("3번 출구", "삼번 출구"), ("10여 명", "십여 명"), ("3~5개", "세개에서 다섯개"),
        ("2024년 6월 10일", "이천이십사년 유월 십일"), ("10월", "시월"), ("2024-05-01", "이천이십사년 오월 일일"),
        ("2024.5.1.", "이천이십사년 오월 일일."), ("15,000원", "만오천원"), ("12,345,678", "천이백삼십사만오천육백칠십팔"),
        ("1억", "일억"), ("010-1234-5678", "공일공 일이삼사 오육칠팔"), ("비밀번호는 1234", "비밀번호는 일이삼사"),
        ("007", "공공칠"), ("3.14", "삼점일사"), ("0.5%", "영점오퍼센트"), ("-5도", "영하 오도"), ("-5", "마이너스 오"),
        ("-5℃", "영하 오도"), ("1/2", "이분의 일"), ("$3.5", "삼점오 달러"), ("₩1,000", "천 원"), ("60km/h", "시속 육십킬로미터"),
        ("15kg", "십오킬로그램"), ("100m²", "백제곱미터"), ("3:30에", "세시 삼십분에"), ("2:1로", "이 대 일로"), ("3~5일", "삼에서 오일"),
        ("6·25 전쟁", "육이오 전쟁"), ("3.11.2", "삼점일일점이"), ("KBS", "케이비에스"), ("A&B", "에이 앤드 비"),
        ("정말요?! 와...", "정말요? 와…"), ("싶어요 😀.", "싶어요."), ("네~ 좋아요", "네 좋아요"), ("서울—부산", "서울,부산"),
        ("“안녕”이라고", "안녕이라고"), ("가(나)다", "가 나다"), ("안녕\n하세요", "안녕. 하세요"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"), ("ᄏᄏ", "ㅋㅋ"), ("ＡＢ１", "에이비일"), ("", ""),
    ],
)  # fmt: skip
def test_normalization(text: str, expected: str) -> None:
    assert norm(text) == expected


@settings(deadline=None, max_examples=100)
@given(
    st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3) | st.just(" "), max_size=30)
)
def test_every_syllable_is_spoken(text: str) -> None:
    vowels = sum(s in "ㅏㅐㅓㅔㅗㅜㅡㅣ" for s in KOREAN.pronounce(text).symbols)
    assert vowels >= len(text.replace(" ", ""))

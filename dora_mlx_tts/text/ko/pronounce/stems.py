"""Stems and word forms by which a verb in ㄹ, ㄴ or ㅁ is distinguished from a noun."""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


_ANY = "고 다 지 게 거나 거든 거라 던 더 도록 든 자 습 소 죠 잖 곤 구나 군 겠"
NASAL_STEMS = {  # verbs in ㄴ and ㅁ, with the endings that make no other word (24)
    "신": "다 지 게 습 던 도록 겠 거나",
    "안": "고 던 도록 습 겠 거나",
    "감": "고 다 게 던 도록 습 겠",
    "검": "다 고 게 던 습",
    "남": "고 다 지 게 거나 던 더 습 겠 거든",
    "넘": "고 다 지 게 거나 던 도록 습 겠 죠",
    "담": "고 다 지 게 거나 던 도록 습 겠 자",
    "숨": "고 다 지 게 던 도록 습 겠 자",
    "심": "고 다 던 도록 습 겠 자",
    "참": "다 지 던 도록 습 겠 자 거라",
    "품": "고 다 지 게 던 도록 습 겠",
    "뿜": "고 다 지 게 던 습",
    "삼": "고 다 던 도록 습 겠",
    **dict.fromkeys(
        _words("더듬 다듬 쓰다듬 가다듬 머금 보듬 껴안 끌어안 감싸안 뛰어넘 살아남 휘감 되감"), _ANY
    ),
}
CLUSTER_STEMS = frozenset("앉얹닮굶젊곪옮핥훑")
"""Syllables that are stems of verbs only; their endings are tense (24, 25)."""
CLUSTER_NOUNS = frozenset("닭흙칡삵슭")
"""Nouns in ㄺ; every other word in it is a verb, and ㄱ behind it is tense after ㄹ (11)."""

STEMS_BEFORE_EUL = frozenset(
    "먹읽받찾앉입벗씻웃믿잡놓넣낳쌓닿죽작높낮늦맞잊옳볶닦묶깎섞겪꺾찍막녹익썩솟참굶젊닮얻걷닫쏟묻뜯좁얇짧밟씹뽑접긁"
    "늙맑붉굵싶갚깊덮짚엎맡붙뱉얕같꽂쫓좇많싫끓앓잃않없괜찮좋적남감담숨심넘옮품안신울닫듣"
)
"""Stems before the adnominal 을. Nouns before the particle 을 are far more, so these are listed."""
EUL_OR_PARTICLE = frozenset(_words("입을 적을 남을 감을 담을 심을 안을 신을 작을 막을 참을 품을"))
"""Forms that are as often a noun with its particle."""
REUL = frozenset(
    _words(
        "모를 부를 고를 오를 떠오를 타오를 다를 흐를 누를 따를 자를 서두를 들를 찌를 저지를 추스를 거스를"
    )
)
"""Adnominal forms of verbs in 르."""
REUL_OR_PARTICLE = frozenset(_words("이를 기를 바를 마를 치를 가를 두를 구를 지를 조를"))

ADNOMINAL_ENDINGS = tuple(
    _words(
        "할 될 갈 올 볼 쓸 낼 킬 릴 뛸 쉴 펼 켤 끌 클 보일 줄일 높일 죽일 먹일 붙일 들일 쌓일 놓일 모일 쓰일 남길 "
        "옮길 즐길 이길 맡길 챙길 생길 숨길 넘길 당길 벗길 만들 힘들 잠들 떠들 흔들 줄어들 만날 아날 어날 끝날 떠날 "
        "나타날 지날 빛날 생각날 자랄 바랄 놀랄 배울 싸울 외울 세울 채울 피울 지울 키울 태울 비울 치울 깨울 어려울 쉬울 "
        "추울 더울 무거울 가벼울 아름다울 고마울 즐거울 새로울 매울 도울 두려울 가까울 반가울 외로울 해줄 와줄 워줄 어줄 여줄 아줄 "
        "려줄 해질 아질 어질 여질 워질 커질 던질 만질 가질 빠질 터질 꺼질 미칠 다칠 그칠 마칠 고칠 지칠 망칠 가르칠 잠글 "
        "담글 나눌 바꿀 꾸밀 사귈 마실 주실 하실 가실 오실 보실 으실 계실 모실 아닐 지닐 다닐 견딜 둘러볼 비쌀 나쁠 기쁠 "
        "슬플 아플 고플 바쁠 예쁠 뵐 이럴 그럴 저럴 어쩔"
    )
)
"""Ends of adnominal forms of stems without a coda."""
ONE_SYLLABLE = frozenset("올볼줄놀열울걸달둘살팔풀길빌들날잘짤쌀찰칠탈설필알밀낄샐셀뗄벨맬잴일")
"""Forms of one syllable that may be nouns: adnominal before a dependent word only."""
NOUNS = frozenset(
    _words(
        "오늘 내일 서울 거울 겨울 저울 방울 가을 마을 노을 시골 얼굴 하늘 바늘 그늘 마늘 비늘 교실 거실 화장실 사무실 "
        "사실 현실 진실 과일 매일 생일 휴일 평일 요일 월요일 화요일 수요일 목요일 금요일 토요일 일요일 메일 이메일 파일 "
        "스타일 모바일 독일 통일 제일 종일 온종일 건물 동물 식물 선물 물 말 발 술 글 돌 불 별 칼 털 활 굴 꿀 뿔 실 틀 절 "
        "벌 철 월 질 양말 주말 연말 정말 거짓말 반말 결말 한글 댓글 터널 채널 호텔 모델 비밀 연필 시월 유월 구월 팔월 칠월 "
        "오월 사월 삼월 이월 일월 십이월 십일월 출발 신발 개발 이발 달걀 비결 해결 연결 대결 판결 기술 예술 미술 수술 마술 "
        "학술 소설 시설 건설 전설 연설 해설 특별 이별 구별 성별 차별 물질 품질 본질 성질 체질 수질 자질 기질 오늘날 옛날 "
        "설날 어느날 그날 이날 훗날 봄날 한달 이달 메달 배달 전달 발달 페달 색깔 빛깔 젓갈 스물 여덟 제발 못할 이틀 사흘 "
        "나흘 열흘 며칠 나물 그물 눈물 빗물 국물 강물 바닷물 보물 인물 작물 괴물 유물 콜 골 룰 툴 홀 젤 텔 펄 컬 스킬 스틸 킬 "
        "타월 스쿨 스케줄 캡슐 레벨 라벨 샘플 커플 애플 테이블 케이블 싱글 구글 정글 앵글 타이틀 배틀 리틀 디지털 메탈 "
        "페스티벌 스페셜 소셜 오피셜 튜토리얼 시리얼 매뉴얼 비주얼 캐주얼 골목길 눈길 손길 밤길 산길 발길 앞길 물결 숨결"
    )
)

"""Names of clubs, beside which two figures with a hyphen are a score: Celtics 17-3."""

from __future__ import annotations

import re

_CLUBS = """
湖人 勇士 凯尔特人 尼克斯 篮网 76人 猛龙 公牛 骑士 活塞 步行者 雄鹿 老鹰 黄蜂 热火 魔术 奇才 掘金 森林狼 雷霆 开拓者 爵士 快船 太阳 国王 独行侠 小牛 火箭 灰熊 鹈鹕 马刺
曼城 曼联 利物浦 阿森纳 切尔西 热刺 纽卡斯尔 阿斯顿维拉 埃弗顿 西汉姆 布莱顿 皇马 巴萨 马竞 塞维利亚 拜仁 多特 勒沃库森 莱比锡 尤文 国米 米兰 那不勒斯 罗马队 巴黎 大巴黎 马赛队 里昂队 本菲卡 波尔图
阿贾克斯 国安 申花 海港 泰山 辽宁 广东宏远 新疆队 浙江队
Lakers Warriors Celtics Knicks Nets 76ers Sixers Raptors Bulls Cavaliers Cavs Pistons Pacers Bucks Hawks Hornets Heat Magic Wizards Nuggets Timberwolves Thunder Blazers Jazz Clippers
Suns Kings Mavericks Mavs Rockets Grizzlies Pelicans Spurs Arsenal Chelsea Liverpool Everton Tottenham Newcastle Villa Brighton Fulham City United Madrid Barcelona Barça Barca Atletico Sevilla
Bayern Dortmund Leverkusen Leipzig Juventus Juve Inter Milan Napoli PSG Marseille Lyon Benfica Porto Ajax Yankees Dodgers Mets Astros Braves Cubs Padres Phillies Chiefs Eagles Cowboys Packers
Ravens Bills Steelers 49ers Rams Patriots Ham Palace Forest
"""
CLUB = "|".join(sorted(map(re.escape, _CLUBS.split()), key=len, reverse=True))
CLUB_BEFORE = re.compile(
    rf"(?:{CLUB})[ ]?(?:[（(:：]|(?:目前|暂时|现在|主场|客场|最终)?(?:战绩|排名)?(?:[以是为]|取得)?)[ ]?$"
)
CLUB_BEHIND = re.compile(rf"[ ]?(?:{CLUB})(?![A-Za-z])")
LONGEST = 18
RECORD = re.compile("战绩(?:[是为:：到达有]|来到|变成|目前)?[ ]?$")
"""What a team has won and lost so far."""

"""Currencies: their signs, their codes of ISO 4217, and what they are called in Chinese."""

from __future__ import annotations

_CODES = {
    "RMB": "元", "CNY": "元", "USD": "美元", "HKD": "港元", "TWD": "新台币", "NTD": "新台币", "MOP": "澳门元", "EUR": "欧元", "GBP": "英镑",
    "JPY": "日元", "KRW": "韩元", "AUD": "澳元", "CAD": "加元", "NZD": "新西兰元", "SGD": "新加坡元", "CHF": "瑞士法郎", "SEK": "瑞典克朗",
    "NOK": "挪威克朗", "DKK": "丹麦克朗", "PLN": "兹罗提", "CZK": "捷克克朗", "HUF": "福林", "RUB": "卢布", "UAH": "格里夫纳", "TRY": "里拉",
    "ILS": "谢克尔", "AED": "迪拉姆", "SAR": "沙特里亚尔", "QAR": "卡塔尔里亚尔", "EGP": "埃及镑", "ZAR": "兰特", "NGN": "奈拉", "KES": "肯尼亚先令",
    "INR": "卢比", "PKR": "巴基斯坦卢比", "LKR": "斯里兰卡卢比", "NPR": "尼泊尔卢比", "BDT": "塔卡", "THB": "泰铢", "VND": "越南盾", "IDR": "印尼盾",
    "MYR": "林吉特", "PHP": "比索", "KHR": "瑞尔", "LAK": "基普", "MMK": "缅元", "MNT": "图格里克", "KZT": "坚戈", "BRL": "雷亚尔", "MXN": "比索",
    "ARS": "阿根廷比索", "CLP": "智利比索", "COP": "哥伦比亚比索",
}  # fmt: skip
_COINS = {"BTC": " B T C", "ETH": " E T H", "USDT": " U S D T", "USDC": " U S D C"}
_DOLLARS = {
    "US": "USD", "HK": "HKD", "NT": "TWD", "AU": "AUD", "A": "AUD", "CA": "CAD", "C": "CAD", "NZ": "NZD", "SG": "SGD", "S": "SGD",
    "MX": "MXN", "MOP": "MOP", "R": "BRL",
}  # fmt: skip
SIGNS = {
    "$": "美元", "¥": "元", "￥": "元", "CN¥": "元", "JP¥": "日元", "€": "欧元", "£": "英镑", "₩": "韩元", "₹": "卢比", "₽": "卢布",
    "฿": "泰铢", "₫": "越南盾", "₿": "比特币", "¢": "美分", "₱": "比索", "₺": "里拉", "₴": "格里夫纳", "₪": "谢克尔", "₦": "奈拉", "₸": "坚戈", "₮": "图格里克",
} | {f"{country}$": _CODES[code] for country, code in _DOLLARS.items()}  # fmt: skip
_OTHER_WORDS = frozenset({"PHP", "TRY", "COP", "MOP", "SAR", "ARS", "CAD"})
"""Before a figure these are as often something else: PHP 8, CAD 2024."""
BEFORE = (
    SIGNS | {code: _CODES[code] for code in _CODES if code not in _OTHER_WORDS} | {"RM": "林吉特"}
)
"""What may stand before an amount."""
BEHIND = SIGNS | _CODES | _COINS
"""What may stand behind an amount."""
SINGLE_SIGNS = "".join(sign for sign in SIGNS if len(sign) == 1)
LAST_CHARACTERS = "".join({name[-1] for name in BEHIND.values()} - {" "})
"""With these the names of currencies end."""

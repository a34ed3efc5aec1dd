"""Names of money by sign and by code (ISO 4217)."""

from __future__ import annotations

from typing import NamedTuple

from dora_mlx_tts.text.en.words import word_set


class Currency(NamedTuple):
    """Names of a unit of money and of its hundredth (None if there is none)."""

    one: str
    many: str
    cent: str | None = None
    cents: str | None = None


_CENT = ("cent", "cents")


def _table(lines: str) -> dict[str, Currency]:
    """Entries of signs or codes, then the name of one, `/` and of many if it does not end in s, and `+` if it has cents."""
    table: dict[str, Currency] = {}
    for line in lines.strip().splitlines():
        codes, _, name = line.partition(":")
        one, _, many = name.strip().rstrip("+").partition("/")
        cent = _CENT if name.endswith("+") else (None, None)
        for code in codes.split():
            table[code] = Currency(one, many or f"{one}s", *cent)
    return table


SIGNS = _table("""
$: dollar+
€: euro+
¥: yen/yen
₩: won/won
₿: bitcoin
₺: lira/lira
₴: hryvnia
₫: dong/dong
฿: baht/baht
₦: naira/naira
₱: peso
₪: shekel
₡: colon/colones
₲: guarani
₵: cedi
₸: tenge/tenge
₭: kip/kip
₮: tugrik
₾: lari/lari
₼: manat/manat
₣: franc
₧: peseta
﷼: rial
৳: taka/taka
៛: riel
֏: dram
""") | {
    "£": Currency("pound", "pounds", "penny", "pence"),
    "₤": Currency("pound", "pounds", "penny", "pence"),
    "₹": Currency("rupee", "rupees", "paisa", "paise"),
    "₽": Currency("ruble", "rubles", "kopek", "kopeks"),
}
CODES = _table("""
US$ USD: U S dollar+
HK$ HKD: Hong Kong dollar+
AU$ A$ AUD: Australian dollar+
CA$ C$ CAD: Canadian dollar+
NZ$ NZD: New Zealand dollar+
S$ SGD: Singapore dollar+
NT$ TWD: Taiwan dollar+
J$ JMD: Jamaican dollar+
TT$ TTD: Trinidad and Tobago dollar+
BZ$ BZD: Belize dollar+
B$ BSD: Bahamian dollar+
EC$ XCD: East Caribbean dollar+
BBD: Barbadian dollar+
FJ$ FJD: Fijian dollar+
N$ NAD: Namibian dollar+
BND: Brunei dollar+
BMD: Bermudian dollar+
EUR: euro+
MX$ MXN: Mexican peso
COP: Colombian peso
ARS: Argentine peso
CLP: Chilean peso
UYU: Uruguayan peso
RD$ DOP: Dominican peso
CUP: Cuban peso
PHP: Philippine peso
R$ BRL: real/reais
SEK: Swedish krona/Swedish kronor
NOK: Norwegian krone/Norwegian kroner
DKK: Danish krone/Danish kroner
ISK: Icelandic krona/Icelandic kronur
PLN: zloty
CZK: Czech koruna
HUF: forint
RON: Romanian leu/Romanian lei
BGN: Bulgarian lev/Bulgarian leva
RSD: Serbian dinar
HRK: kuna
ALL: Albanian lek/Albanian lek
MKD: Macedonian denar
BAM: convertible mark
MDL: Moldovan leu/Moldovan lei
UAH: hryvnia
RUB: ruble
BYN: Belarusian ruble
CHF: Swiss franc
JPY: yen/yen
KRW: won/won
CNY RMB CNH: yuan/yuan
INR: rupee
PKR: Pakistani rupee
LKR: Sri Lankan rupee
NPR: Nepalese rupee
MUR: Mauritian rupee
SCR: Seychelles rupee
MVR: rufiyaa/rufiyaa
BDT: taka/taka
BTN: ngultrum
MMK: kyat
THB: baht/baht
VND: dong/dong
LAK: kip/kip
KHR: riel
IDR: rupiah/rupiah
MYR: ringgit/ringgit
MNT: tugrik
KZT: tenge/tenge
UZS: Uzbek som/Uzbek som
KGS: Kyrgyz som/Kyrgyz som
TJS: somoni/somoni
TMT: Turkmen manat/Turkmen manat
AZN: manat/manat
GEL: lari/lari
AMD: dram
TRY: Turkish lira/Turkish lira
ILS: shekel
AED: dirham
MAD: Moroccan dirham
SAR: Saudi riyal
QAR: Qatari riyal
OMR: Omani rial
YER: Yemeni rial
IRR: Iranian rial
IQD: Iraqi dinar
KWD: Kuwaiti dinar
BHD: Bahraini dinar
JOD: Jordanian dinar
DZD: Algerian dinar
TND: Tunisian dinar
LYD: Libyan dinar
LBP: Lebanese pound
SYP: Syrian pound
EGP: Egyptian pound
SDG: Sudanese pound
AFN: afghani
ZAR: rand/rand
NGN: naira/naira
GHS: cedi
KES: Kenyan shilling
TZS: Tanzanian shilling
UGX: Ugandan shilling
ETB: birr/birr
RWF: Rwandan franc
XAF: Central African franc
XOF: West African franc
XPF: Pacific franc
CDF: Congolese franc
ZMW: Zambian kwacha/Zambian kwacha
MWK: Malawian kwacha/Malawian kwacha
BWP: pula/pula
AOA: kwanza/kwanza
MZN: metical/meticais
PEN: sol/soles
BOB: boliviano
PYG: guarani
VES: bolivar
CRC: colon/colones
GTQ: quetzal/quetzales
HNL: lempira/lempiras
NIO: cordoba
PAB: balboa
HTG: gourde
PGK: kina/kina
MOP: pataca
BTC: bitcoin
""")
CODES["GBP"] = SIGNS["£"]
CODES["INR"] = SIGNS["₹"]
DOUBTFUL = word_set(
    "ALL AMD ARS BAM BOB BTN COP CUP GEL LAK MAD MOP MUR PEN PHP RON SAR SCR SDG TRY MDL CDF CRC ISK ILS SYP"
)
"""Words or short forms of other things, too: money only where other words speak of it."""
LOCAL = _table("""
zl: zloty
Kc: Czech koruna
kr: krone/kroner
Rp: rupiah/rupiah
RM: ringgit/ringgit
""")
"""Short forms of their own countries: `250 kr`, `Rp 50.000`."""

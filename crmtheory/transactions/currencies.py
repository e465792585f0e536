"""Signs and words of currencies as they stand beside amounts; several of them may mean the same money."""

from __future__ import annotations

from collections.abc import Sequence

CODES = (
    "AED AUD BDT BGN BRL CAD CHF CLP CNH CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW MAD MOP "
    "MXN MYR NGN NOK NTD NZD PEN PHP PKR PLN QAR RMB RON RSD RUB SAR SEK SGD THB TND TRY TWD UAH USD UYU VND ZAR"
)
SAME = {
    "CNY": ("CNY", "CNH", "RMB", "人民币", "元", "块"),
    "JPY": ("JPY", "円"),
    "USD": ("USD", "US$", "$"),
    "EUR": ("EUR", "€"),
    "GBP": ("GBP", "£"),
    "HKD": ("HKD", "HK$", "港币", "港元"),
    "TWD": ("TWD", "NTD", "NT$"),
    "BRL": ("BRL", "R$"),
    "INR": ("INR", "₹"),
    "KRW": ("KRW", "₩", "원"),
    "RUB": ("RUB", "₽"),
    "THB": ("THB", "฿"),
    "VND": ("VND", "₫"),
    "TRY": ("TRY", "₺"),
    "UAH": ("UAH", "₴"),
    "PHP": ("PHP", "₱"),
    "ILS": ("ILS", "₪"),
    "PLN": ("PLN", "zł"),
    "CZK": ("CZK", "Kč"),
    "HUF": ("HUF", "Ft"),
    "CHF": ("CHF", "Fr.", "Fr"),
}
YEN_OR_YUAN = "¥"
_WORDS = sorted({*CODES.split(), *(word for words in SAME.values() for word in words), "kr.", "kr"}, key=len)
# The regular expression of a sign, long ones first so that US$ is not read as $.
SIGN = "|".join(word.replace("$", "\\$").replace(".", "\\.") for word in [*reversed(_WORDS), YEN_OR_YUAN])


def usual(signs: Sequence[str]) -> tuple[str, list[str]]:
    """The usual sign of a column and the signs of other currencies.

    Parameters
    ----------
    signs : those that occur, most frequent first

    >>> usual(["¥", "元", "RMB"])
    ('¥', [])
    >>> usual(["$", "USD", "€"])
    ('$', ['€'])
    """
    if not signs:
        return "", []
    money = {sign: _currency(sign) for sign in signs}
    known = [money[sign] for sign in signs if sign != YEN_OR_YUAN]
    if YEN_OR_YUAN in money:  # ¥ is the sign of two currencies: the words beside it tell which
        money[YEN_OR_YUAN] = next((one for one in known if one in {"CNY", "JPY"}), YEN_OR_YUAN)
    return signs[0], [sign for sign in signs if money[sign] != money[signs[0]]]


def _currency(sign: str) -> str:
    return next((code for code, words in SAME.items() if sign in words), sign.rstrip("."))

"""Four kinds of personal data, and how each is recognised by its values.

Each kind has two patterns. Its *shape* is what values of this sort look like, also harmless ones; the *hits*
are those shapes that obey the rules of the kind. Personal data obey the rules nearly always; other numbers of
the same shape only by chance. So the share of the hits among the shapes tells them apart:

kind                                                       chance of a hit   alarm from   with a telling name
e-mail address                                             none              1            any value
phone number with plus, country code, brackets or hyphens  0.64 or less      0.8          0.2
phone number in digits only (Chinese mobile)               0.08              0.8          0.2
phone number in digits only (national, US)                 0.71              never        0.2
resident identity-card number (18 places)                  0.0001; 0.09 [1]  0.5          0.2
resident identity-card number (15 digits)                  0.01              never        0.2
payment-card number                                        0.1 [2]           0.5          0.2

[1] for numbers that hold a date where the card has the day of birth; [2] for numbers that all begin like a
card. In all cases 5 % of the values looked at must be hits; with a telling name one is enough. A table of one
or two customers can reach a share by chance; then the guard refuses rather than lets pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

EDGE = "[0-9A-Za-z]"  # what may not touch a number: it would be part of a longer code
ALONE, END = rf"(?<!{EDGE})(?<!{EDGE}[-_.])", rf"(?!{EDGE})(?![-_.]{EDGE})"
WEIGHTS, CHECKS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"  # ISO 7064 MOD 11-2
PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9\d")  # 9: foreign residents
ISSUERS = re.compile(
    r"(?:4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"  # Visa, Mastercard
    r"|62\d{14}|62\d{17}|3[47]\d{13}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|5\d\d|4[4-9]\d)\d{12})"
)  # UnionPay (also 19 digits), American Express, JCB, Discover


@dataclass(frozen=True)
class Kind:
    """One kind of personal data: its name, its shape, the rule that hits obey, the name of such a column."""

    name: str
    shape: re.Pattern[str]
    rule: Callable[[str], object]
    told: re.Pattern[str]
    share: float = 0.5  # of the shapes that must be hits
    told_share: float = 0.2  # the same for a column with a telling name
    whole: bool = True  # the whole value must have the shape; otherwise it may stand anywhere in a text

    def found(self, value: str) -> tuple[bool, str | None]:
        """Whether a value has the shape, and the first part of it that is personal."""
        if self.whole:
            match = self.shape.fullmatch(value)
            return match is not None, value if match and self.rule(value) else None
        parts = [match[0] for match in self.shape.finditer(value)]
        return bool(parts), next((part for part in parts if self.rule(part)), None)


def _digits(text: str) -> str:
    return re.sub(r"[^0-9X]", "", text.upper())


def _written_phone(text: str) -> bool:
    """A phone number as people write it: +49 30 901820, (212) 555-0100, 212-555-0100, 138 0013 8000."""
    text = re.sub(r" ?[xe].*", "", text, flags=re.IGNORECASE)  # an extension
    digits = _digits(text)
    if "," in text or text.startswith("-") or re.search(r"\.\d{1,2}$", text):  # an amount with a sign
        return False
    if text.startswith("+"):
        return digits[0] != "0" and 8 <= len(digits) <= 15
    if _mobile(text):
        return True
    digits = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return len(digits) == 10 and ("(" in text or _american(digits))


def _american(text: str) -> bool:
    return re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", text) is not None


def _mobile(text: str) -> bool:
    """A Chinese mobile number, with or without the country code."""
    return re.fullmatch(r"(?:(?:00)?86)?1[3-9]\d{9}", _digits(text)) is not None


def _national_phone(text: str) -> bool:
    """What is a phone number only because the column says so: 02079460958, 0571-88886666, 2125550100."""
    digits = _digits(text)
    return _mobile(text) or _american(digits) or (digits[0] == "0" and 8 <= len(digits) <= 13)


def _identity(text: str) -> bool:
    """18 places: a region, the day of birth, a serial number, the check digit of ISO 7064 MOD 11-2."""
    number = _digits(text)
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    return number[-1] == CHECKS[total % 11] and _region(number) and _is_day(number[6:14])


def _old_identity(text: str) -> bool:
    """15 digits, given out until 1999: region, day of birth without the century, serial number."""
    return _region(text) and _is_day(f"19{text[6:12]}")


def _region(number: str) -> bool:
    return PROVINCE.match(number) is not None


def _is_day(digits: str) -> bool:
    """A day from 1900 to 2099: wide, so that the answer does not depend on today."""
    try:
        return 1900 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year < 2100
    except ValueError:
        return False


def _card(text: str) -> bool:
    """The prefix of an issuer and the check digit of Luhn (ISO/IEC 7812)."""
    number = _digits(text)
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return ISSUERS.fullmatch(number) is not None and sum(n - 9 * (n > 9) for n in doubled) % 10 == 0


MAIL_COLUMN = re.compile(r"mail|邮箱|邮件|郵箱|contact|联系")
PHONE_COLUMN = re.compile(
    r"phone|mobile|whatsapp|(?<![a-z])(?:tel|cell|fax)(?![a-z])|手机|手機|电话|電話|联系|contact"
)
IDENTITY_COLUMN = re.compile(
    r"身份证|身分證|证件|sfz|identity|citizen|resident|national|(?<![a-z])id[ _-]?(?:card|no|num)"
)
CARD_COLUMN = re.compile(r"card|credit|卡号|银行卡|信用卡|(?<![a-z])pan(?![a-z])")

PHONE, IDENTITY, CARD = "phone numbers", "resident identity-card numbers", "payment-card numbers"
_MOBILE = r"(?:(?:\+|00)?86[ -]?)?\d{3}[ -]?\d{4}[ -]?\d{4}"
KINDS = (
    Kind(
        "e-mail addresses",
        # "logo@2x.png" is a picture; lengths are bounded so that long texts take no long time
        re.compile(r"[\w.%+'-]{1,64}@(?!\dx\.)(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}"),
        lambda _: True,
        MAIL_COLUMN,
        whole=False,
    ),
    Kind(
        PHONE,  # "-" at the start: where some numbers are negative, the plus is a sign
        re.compile(
            r"[+-]\d[\d ().,/-]*|(?:1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]?\d{4}(?: ?(?:x|ext\.?) ?\d{1,5})?"
            r"|(?:\+|00)?86[ -]?\d{11}|(?:(?:\+|00)?86[ -]?)?\d{3}[ -]\d{4}[ -]\d{4}",
            re.IGNORECASE,
        ),
        _written_phone,
        PHONE_COLUMN,
        share=0.8,
    ),
    Kind(PHONE, re.compile(r"\d+"), _mobile, PHONE_COLUMN, share=0.8),
    Kind(
        PHONE,  # within a longer text: something other than digits stands before or after it
        re.compile(rf"(?<=[^\d\s+-]) *{ALONE}{_MOBILE}{END}|{ALONE}{_MOBILE}{END}(?= *[^\d\s-])"),
        _mobile,
        PHONE_COLUMN,
        share=0.8,
        whole=False,
    ),
    Kind(PHONE, re.compile(r"[\d(][\d ()-]{6,18}"), _national_phone, PHONE_COLUMN, share=2),
    Kind(
        IDENTITY,
        re.compile(rf"{ALONE}\d{{6}}[ -]?\d{{8}}[ -]?\d{{3}}[\dXx]{END}"),
        _identity,
        IDENTITY_COLUMN,
        whole=False,
    ),
    Kind(IDENTITY, re.compile(r"\d{15}"), _old_identity, IDENTITY_COLUMN, share=2),
    Kind(
        CARD,
        re.compile(
            rf"{ALONE}(?:(?:\d{{4}}[ -]?){{3}}\d{{4}}|62\d{{17}}|(?:\d{{4}}[ -]?){{4}}\d{{3}}"
            rf"|\d{{4}}[ -]?\d{{6}}[ -]?\d{{5}}){END}"
        ),
        _card,
        CARD_COLUMN,
        whole=False,
    ),
)

"""Amounts in Chinese capital figures (金额大写), as contracts and invoices want them."""

from decimal import Decimal

from crm.core.money import q2

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
MOST = Decimal(10) ** 16


def in_capitals(amount: Decimal | int | str) -> str:
    """人民币 in words: 30440.05 is 叁万零肆佰肆拾元零伍分; ValueError from ten quadrillion on."""
    value = q2(amount)
    if abs(value) >= MOST:
        raise ValueError("too large to be written out")
    cents = int(abs(value) * 100)
    yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    text = _whole(yuan) + "元" if yuan else ""
    if not jiao and not fen:
        text = (text or "零元") + "整"
    else:
        if jiao:
            text += _DIGITS[jiao] + "角"
        elif yuan:
            text += "零"
        text += _DIGITS[fen] + "分" if fen else "整"
    return ("负" if value < 0 else "") + text


def _whole(number: int) -> str:
    """A whole number in capital figures; gaps of noughts are read once."""
    for scale, unit in ((10**8, "亿"), (10**4, "万")):
        if number >= scale:
            above, rest = divmod(number, scale)
            gap = "零" if rest and rest < scale // 10 else ""
            return _whole(above) + unit + gap + (_whole(rest) if rest else "")
    return _group(number)


def _group(number: int) -> str:
    """Up to four digits: 1005 is 壹仟零伍."""
    text, gap = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if not digit:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return text

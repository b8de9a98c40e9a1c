from decimal import Decimal

import pytest

from crm.core.rmb import in_capitals


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"),
        ("30440", "叁万零肆佰肆拾元整"),
        ("30440.05", "叁万零肆佰肆拾元零伍分"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("10.50", "壹拾元伍角整"),
        ("1180000", "壹佰壹拾捌万元整"),
        ("100000001", "壹亿零壹元整"),
        ("100010000", "壹亿零壹万元整"),
        ("1000100000000", "壹万零壹亿元整"),
        ("99999999.99", "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ("1005", "壹仟零伍元整"),
        ("20000005", "贰仟万零伍元整"),
        ("-1.005", "负壹元零壹分"),
    ],
)
def test_in_capitals(amount, words):
    assert in_capitals(Decimal(amount)) == words


def test_an_amount_no_company_has_is_refused():
    with pytest.raises(ValueError, match="too large"):
        in_capitals(10**16)

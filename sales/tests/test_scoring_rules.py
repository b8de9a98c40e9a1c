from decimal import Decimal

from sales.rules.scoring import Touch, decayed, is_mql, lead_score


def test_the_worked_example():
    touches = [Touch("pricing", 10, 0), Touch("form", 8, 30), Touch("form", 15, 60)]
    score = lead_score({"industry": 20, "size": 15, "role": 10}, touches, {"free_mail": 5})
    assert score.fit == 45
    assert score.engagement == Decimal("17.75")
    assert score.total == Decimal("57.75")
    assert dict(score.parts)["form"] == Decimal("7.75")
    assert not is_mql(score)
    assert is_mql(score, hand_raised=True)


def test_each_side_is_capped_and_the_whole_never_below_nothing():
    score = lead_score({"industry": 40, "size": 40}, [Touch("meeting", 20, 0)] * 5, {})
    assert (score.fit, score.engagement, score.total) == (50, 50, 100)
    assert lead_score({"industry": 20}, [], {"competitor": 50}).total == 0


def test_much_engagement_without_fit_is_no_qualified_lead():
    score = lead_score({"industry": 20}, [Touch("meeting", 50, 0)], {})
    assert score.total == 70
    assert not is_mql(score)


def test_a_touch_from_the_future_counts_as_today():
    assert decayed(Touch("form", 15, -3)) == 15

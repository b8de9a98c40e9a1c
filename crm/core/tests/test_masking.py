import pytest

from crm.core.masking import is_masked, mask


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("+8613805762218", "138****2218"),
        ("138 0576 2218", "138****2218"),
        ("+861088886666 ext 801", "010****6666"),
        ("88886666", "****"),
        ("alice@example.com", "a***@example.com"),
        ("wxid_abc", "w****"),
        ("91350100M000100Y43", "9****"),
        ("", ""),
        (None, ""),
    ],
)
def test_only_a_part_is_shown_and_masking_again_changes_nothing(value, shown):
    assert mask(value) == shown
    assert mask(shown) == shown
    assert is_masked(shown) is bool(shown)

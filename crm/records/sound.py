"""Search by sound: names found by the pinyin one types, through an index over their stored reading."""

from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.array import ArrayContains
from django.contrib.postgres.indexes import GinIndex
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.lookups import Contains, StartsWith

from crm.core import pinyin

PAIRS = ArrayField(TextField())


class SoundPairs(Func):
    """Each syllable of a reading with the first letter of the next, as the index holds them."""

    function = "sound_pairs"
    arity = 1
    output_field = PAIRS


class Initials(Func):
    """The first letters of a reading, as one types them: xing he zhi neng → xhzn."""

    template = r"regexp_replace(%(expressions)s, '([^ ])[^ ]* *', '\1', 'g')"
    arity = 1
    output_field = TextField()


class Reading(Func):
    """How the database reads a text of which no reading is stored, character by character."""

    function = "custom_reading"
    arity = 1
    output_field = TextField()


def sound_index(model_name: str, field: str = "name_sort") -> GinIndex:
    """The index a model that is found by sound declares in its Meta."""
    return GinIndex(SoundPairs(field), name=f"{model_name}_sound")


def heard_q(field: str, text: str, *, indexed: bool = True) -> Q | None:
    """The condition under which a reading sounds as typed; None for what is no pinyin.

    Several syllables may stand anywhere in it, by the index over pairs; one alone has to be its first, by that of its order.
    """
    ways = [_heard(field, cut, indexed) for cut in pinyin.heard(text)]
    return reduce(or_, ways) if ways else None


def _heard(field: str, cut: str, indexed: bool) -> Q:
    if " " not in cut:
        if pinyin.is_syllable(cut):
            return Q(**{f"{field}__startswith": f"{cut} "}) | Q(**{field: cut})
        return Q(**{f"{field}__startswith": cut})
    found = Q(**{f"{field}__contains": cut})  # the cheaper question first: no index, no pairs to be made
    if indexed:
        found &= Q(ArrayContains(SoundPairs(F(field)), Value(pinyin.sound_pairs(cut), PAIRS)))
    return found


def has_initials(reading: Any, term: str) -> Q:
    """Whether a reading's initials have the letters: two begin them, three and more stand anywhere, as in every search."""
    lookup = StartsWith if len(term) == 2 else Contains
    return Q(lookup(Initials(reading), Value(term)))

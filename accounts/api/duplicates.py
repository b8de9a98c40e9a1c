"""REST: customers that are there already, as far as the caller may know of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rest_framework import serializers

from accounts import services
from accounts.models.choices import Kind
from accounts.queries.duplicates import Match, disclosed
from accounts.rules import matching
from crm.identity.models import User
from crm.listing.rest.errors import Problem

GUARD = services.Guard(ask=False)  # what only warns passes: the caller can ask beforehand


class CheckSerializer(serializers.Serializer):
    """A customer that is not there yet, as far as it is known; what cannot be right is not looked up."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    kind = serializers.ChoiceField(choices=["", *Kind.values], required=False, default="")
    uscc = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    email = serializers.CharField(max_length=254, required=False, allow_blank=True, default="")
    contact_phone = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    contact_email = serializers.CharField(max_length=254, required=False, allow_blank=True, default="")


class MatchSerializer(serializers.Serializer):
    """A customer that may be the same; `id` only within one's reach."""

    score = serializers.FloatField()
    outcome = serializers.ChoiceField(choices=[matching.BLOCK, matching.WARN, matching.LINK])
    name = serializers.CharField()
    owner_name = serializers.CharField()
    id = serializers.IntegerField(allow_null=True)


class MatchesSerializer(serializers.Serializer):
    """The customers that may be the same, most likely first."""

    matches = MatchSerializer(many=True)


def described(user: User, matches: list[Match]) -> list[dict[str, Any]]:
    """Matches as the API speaks of them to one person."""
    return [
        {
            "score": float(match.verdict.score),
            "outcome": match.verdict.outcome,
            "name": match.name,
            "owner_name": match.owner_name,
            "id": match.customer_id if match.seen else None,
        }
        for match in disclosed(user, matches)
    ]


@contextmanager
def refusing(user: User) -> Iterator[None]:
    """A save refused because the record is there already answers 409 with the matches."""
    try:
        yield
    except services.DuplicatesFound as error:
        raise Problem(409, "duplicate", str(error), matches=described(user, error.matches)) from error

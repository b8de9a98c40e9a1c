"""Whom an importer may name as owner: decided by the same scope as every transfer."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict

from django.db import models
from django.utils.translation import gettext as _

from crm.core.pinyin import sort_key
from crm.core.text import fold
from crm.identity import access
from crm.identity.models import User
from crm.identity.models.role import Scope

from .widgets import CellError

LEFT = re.compile(r"^[(（\[【]?(已?离职|前员工|former|left)[)）\]】]?[\s\-_—:：]*", re.IGNORECASE)


class People:
    """Colleagues by user name, name or e-mail, and which of them the importer may put in charge."""

    def __init__(self, user: User, model: type[models.Model]):
        self.user = user
        self.by_key: dict[str, list[User]] = defaultdict(list)
        self.by_id: dict[int, User] = {}
        for person in User._base_manager.only("id", "username", "name", "email", "team_id", "is_active"):
            self.by_id[person.pk] = person
            for key in {fold(person.username), fold(person.name), fold(person.email)} - {""}:
                self.by_key[key].append(person)
        self.anybody = False
        self.teams: set[int] = set()
        if access.has_verb(user, "transfer", model):
            self.anybody = access.scope_of(model, user) == Scope.ALL
            self.teams = access.team_ids_of(user, model, "transfer")

    @property
    def names(self) -> set[str]:
        return {person.name for person in self.by_id.values()} | {
            person.username for person in self.by_id.values()
        }

    def may_appoint(self, person: User) -> bool:
        """Whether the importer may hand records to this colleague: themselves, or people they may transfer to."""
        return person.pk == self.user.pk or self.anybody or person.team_id in self.teams

    def owner(self, text: str) -> int:
        """The id of the colleague a cell names as owner; raises CellError for anybody who cannot be one."""
        person = self._find(text)
        if not person.is_active:
            raise CellError("former_owner", _("%(name)s has left. Name a successor.") % {"name": person.name})
        if not self.may_appoint(person):
            raise CellError("owner", _("You cannot put %(name)s in charge.") % {"name": tidy_name(text)})
        return person.pk

    def author(self, text: str) -> int:
        """The id of the colleague who did something in the past: one who has left may have done it."""
        person = self._find(text, former=True)
        if not self.may_appoint(person):
            raise CellError("owner", _("You cannot record what %(name)s did.") % {"name": tidy_name(text)})
        return person.pk

    def _find(self, text: str, *, former: bool = False) -> User:
        name = tidy_name(text)
        found = self.by_key.get(fold(name), [])
        if LEFT.match(text) and not former:
            raise CellError("former_owner", _("%(name)s has left. Name a successor.") % {"name": name})
        active = [person for person in found if person.is_active]
        candidates = active or found
        if not candidates:
            raise CellError(
                "unknown_person", _("Nobody here is called %(name)s.") % {"name": name}, self._alike(name)
            )
        if len(candidates) > 1:
            exact = [person for person in candidates if fold(person.username) == fold(name)]
            within = exact or [person for person in candidates if self.may_appoint(person)]
            if len(within) != 1:
                raise CellError(
                    "ambiguous_person",
                    _("%(count)s people are called %(name)s. Write the user name.")
                    % {"count": len(candidates), "name": name},
                )
            return within[0]
        return candidates[0]

    def _alike(self, name: str) -> str:
        """The one colleague who may be meant: a part of the name (子涵), one that sounds alike or a slip of the hand."""
        short = fold(name).removeprefix("小").removeprefix("老")
        if not short:
            return ""
        names = {
            fold(person.name): person.name
            for person in self.by_id.values()
            if person.is_active and self.may_appoint(person)
        }
        sound = sort_key(name, person=True)
        for found in (
            [shown for folded, shown in names.items() if short in folded],
            [shown for shown in names.values() if sort_key(shown, person=True) == sound],
            [names[close] for close in difflib.get_close_matches(fold(name), names, n=2, cutoff=0.6)],
        ):
            if found:
                return found[0] if len(found) == 1 else ""
        return ""

    @property
    def appointable(self) -> list[User]:
        """The colleagues the importer may put in charge, by name."""
        found = [person for person in self.by_id.values() if person.is_active and self.may_appoint(person)]
        return sorted(
            found, key=lambda person: (person.pk != self.user.pk, sort_key(person.name, person=True))
        )


def tidy_name(text: str) -> str:
    """The name in a cell without the remark that its bearer has left."""
    return LEFT.sub("", text).strip() or text.strip()

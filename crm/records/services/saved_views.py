"""A person's own views of lists, and whom they let use them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken, without_double
from crm.events.actor import Actor
from crm.events.recording import recording
from crm.identity.access import has_verb
from crm.identity.models import Role, User
from crm.identity.queries import leads_a_team
from crm.records.events import VIEW_SHARED
from crm.records.models import SavedView

MOST = 50  # views of one list a person may keep


def may_share_with_all(user: User) -> bool:
    """Whether somebody's views are of use to the whole company: administrators and leaders of teams."""
    return has_verb(user, "change", Role) or leads_a_team(user)


@transaction.atomic
def create_view(
    user: User,
    *,
    listing: str,
    name: str,
    params: Mapping[str, Sequence[str]],
    columns: Sequence[str] = (),
    pinned: bool = False,
    audience: str = SavedView.Audience.OWN,
) -> SavedView:
    """Keep a list's present filters, order and columns under a name of one's own."""
    if SavedView._base_manager.filter(user=user, listing=listing, builtin="").count() >= MOST:
        raise RuleBroken(_("You keep %(count)d views already. Delete one first.") % {"count": MOST})
    view = SavedView(
        user=user,
        listing=listing,
        name=name.strip(),
        params=dict(params),
        columns=list(columns),
        pinned=pinned,
        position=_last(user) + 1,
    )
    with _named_once():
        view.save()
    return share_view(view, audience=audience, actor=Actor.of(user))


@transaction.atomic
def share_view(view: SavedView, *, audience: str, actor: Actor) -> SavedView:
    """Say who uses a view beside oneself. Everybody's views are for administrators and leaders to give.

    The view is only a question: each person sees the answer within their own scope.
    """
    if audience not in SavedView.Audience.values:
        raise RuleBroken(_("There is no such choice."), field="audience")
    if audience == view.audience:
        return view
    if audience == SavedView.Audience.ALL and not may_share_with_all(view.user):
        raise RuleBroken(_("Only administrators and leaders share views with everybody."), field="audience")
    if audience == SavedView.Audience.TEAM and not view.user.team_id:
        raise RuleBroken(_("You belong to no team."), field="audience")
    with recording(VIEW_SHARED, view, actor=actor, payload={"name": view.name}):
        view.audience = audience
        view.save(update_fields=["audience"])
    return view


def update_view(view: SavedView, **values: object) -> SavedView:
    """Change a view's name, filters, pin or place."""
    for field, value in values.items():
        setattr(view, field, value)
    view.name = view.name.strip()
    with _named_once():
        view.save(update_fields=list(values))
    return view


def delete_view(view: SavedView) -> None:
    """Forget a view for good."""
    view.delete()


def keep_columns(
    user: User, *, listing: str, view: SavedView | None, builtin: str, columns: Sequence[str], density: str
) -> SavedView:
    """Remember which columns a person sees in a view, in which order, and how dense; no columns: as declared."""
    if view is not None:
        return update_view(view, columns=list(columns), density=density)
    kept, _created = SavedView._base_manager.update_or_create(
        user=user, listing=listing, builtin=builtin, defaults={"columns": list(columns), "density": density}
    )
    return kept


@transaction.atomic
def pin(user: User, *, listing: str, view: SavedView | None, builtin: str, pinned: bool) -> SavedView:
    """Put a view into the sidebar or take it out."""
    if view is None:
        view, _created = SavedView._base_manager.get_or_create(user=user, listing=listing, builtin=builtin)
    return update_view(view, pinned=pinned, position=_last(user) + 1)


@transaction.atomic
def reorder(user: User, ids: Iterable[int]) -> None:
    """Put one's own views into the given order; ids of others are passed over."""
    for position, pk in enumerate(ids):
        SavedView._base_manager.filter(user=user, pk=pk).update(position=position)


def _named_once() -> AbstractContextManager[None]:
    return without_double(name=_("You already have a view of this name."))


def _last(user: User) -> int:
    return SavedView._base_manager.filter(user=user).aggregate(last=Max("position"))["last"] or 0

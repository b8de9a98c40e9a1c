"""How a move answers: on the deal's page, in the drawer, and on the board, where the card has moved already."""

import json

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from crm.listing.answers import done, refused
from sales.models import Opportunity
from sales.queries.stages import last_move

DRAGGED = "dragged"


def was_dragged(request: HttpRequest) -> bool:
    """Whether a card was dropped on a column: it stands there already and only its version and the sums are new."""
    return bool(request.htmx) and request.POST.get("place") == DRAGGED


def place_of(request: HttpRequest, opportunity: Opportunity) -> str:
    """Where somebody goes back to without JavaScript: the board they moved on, else the deal's page."""
    wanted = request.POST.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return opportunity.get_absolute_url()


def moved_to(request: HttpRequest, moved: Opportunity) -> HttpResponse:
    """A deal stands in its new stage; the move can be taken back."""
    text = _("%(name)s: %(stage)s") % {"name": moved.name, "stage": moved.stage}
    undo_url = reverse("opportunity_unmove", args=[moved.pk])
    if not was_dragged(request):
        return done(request, place_of(request, moved), text, undo_url=undo_url)
    card = {"id": moved.pk, "version": moved.version, "stage": moved.stage_id}
    found = {"toast": {"text": text, "undo_url": undo_url}, "cardMoved": card}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(found)})


def moved_meanwhile(request: HttpRequest, current: Opportunity) -> HttpResponse:
    """Somebody else was faster: who moved the deal where, and the page as it is now."""
    last = last_move(current)
    text = _("Somebody else has changed this record meanwhile.")
    if last is not None and last.actor_name:
        words = _("%(who)s has changed “%(name)s” meanwhile; it stands in %(stage)s. Look and move it again.")
        text = words % {"who": last.actor_name, "name": current.name, "stage": current.stage}
    return refused(request, place_of(request, current), text)

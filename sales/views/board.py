"""The board: a pipeline's open deals as cards in the columns of its stages."""

from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from crm.core.hooks import hooks
from crm.identity import access, fields
from crm.listing import pages
from crm.listing.selection import BadQuery, Selection, select
from sales.listings.cards import Cards
from sales.listings.opportunities import OPPORTUNITIES
from sales.models import Opportunity, Pipeline, Stage
from sales.queries import board as queries
from sales.queries.opportunities import pipelines_of, win_rate

OWN = frozenset({"after"})


@login_required
@require_GET
def opportunity_board(request: HttpRequest) -> HttpResponse:
    """The board of a pipeline, narrowed like the list; htmx asks for the board without the page around it."""
    access.require_verb(request.user, "view", Opportunity)
    try:
        selection = _select(request)
    except BadQuery as error:
        return pages.bad_query(request, OPPORTUNITIES, error)
    pipelines = pipelines_of(request.user)
    pipeline = _chosen(request, pipelines)
    rows = selection.scoped()
    partial_only = bool(request.htmx) and request.htmx.target == "list"
    context = _around(request, selection, pipelines, pipeline) | {
        "board": queries.board(rows, pipeline, request.user),
        "top_panels": _top_panels(request, selection, pipeline),
        "rate": win_rate(access.visible(Opportunity, request.user).filter(pipeline=pipeline)),
    }
    template = "sales/_board.html" if partial_only else "sales/opportunity_board.html"
    response = TemplateResponse(request, template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@login_required
@require_GET
def board_heads(request: HttpRequest) -> HttpResponse:
    """The sums over the columns, swapped in after a card was moved."""
    access.require_verb(request.user, "view", Opportunity)
    try:
        selection = _select(request)
    except BadQuery as error:
        return pages.bad_query(request, OPPORTUNITIES, error)
    pipeline = _chosen(request, pipelines_of(request.user))
    context = {"board": queries.heads(selection.scoped(), pipeline), "shows_money": _shows_money(request)}
    return render(request, "sales/_board_heads.html", context)


@login_required
@require_GET
def board_column(request: HttpRequest, pk: int) -> HttpResponse:
    """The cards of one column below a place, as one comes to them."""
    access.require_verb(request.user, "view", Opportunity)
    stage = access.get_visible_or_404(Stage, request.user, pk)
    try:
        selection = _select(request)
        after = request.GET.get("after", "")
        column = queries.more_cards(selection.scoped(), stage, request.user, after=after)
    except BadQuery as error:
        return pages.bad_query(request, OPPORTUNITIES, error)
    except ValueError as error:
        raise Http404 from error
    pipelines = [one for one in pipelines_of(request.user) if one.pk == stage.pipeline_id]
    context = _around(request, selection, pipelines, stage.pipeline)
    context |= {"column": column, "query_string": pages.link(request, after=None).removeprefix("?")}
    return render(request, "sales/_board_cards.html", context)


def _select(request: HttpRequest) -> Selection:
    """The deals the list would show for the same filters."""
    return select(OPPORTUNITIES, request.user, request.GET, ignore=OWN)


def _chosen(request: HttpRequest, pipelines: list[Pipeline]) -> Pipeline:
    """The pipeline of the address, else the first of one's own."""
    wanted = request.GET.get("pipeline", "")
    if not pipelines:
        raise Http404
    return next((one for one in pipelines if str(one.pk) == wanted), pipelines[0])


def _top_panels(request: HttpRequest, selection: Selection, pipeline: Pipeline) -> list[dict[str, Any]]:
    """What other modules show over the columns (panels of the slot "opportunity_board.top")."""
    loaded = [
        (panel.template, panel.load(request.user, selection.query, pipeline))
        for panel in hooks.panels_of("opportunity_board.top")
    ]
    return [{"template": template, **context} for template, context in loaded if context is not None]


def _shows_money(request: HttpRequest) -> bool:
    """Whether amounts may be summed for somebody: only who reads each of them whole."""
    return not fields.is_closed(request.user, Opportunity, "amount")


def _around(
    request: HttpRequest, selection: Selection, pipelines: list[Pipeline], pipeline: Pipeline
) -> dict[str, Any]:
    """What stands over the columns: the pipelines, the faces of the list, its filters."""
    board_url = reverse("opportunity_board")
    held = selection.query
    return {
        "listing": OPPORTUNITIES,
        "selection": selection,
        "pipelines": pipelines,
        "pipeline": pipeline,
        "pipeline_links": [(one, pages.link(request, pipeline=one.pk)) for one in pipelines],
        "faces": [face for face in OPPORTUNITIES.faces(request.user) if face[0] != "opportunity_board"],
        "chips": [
            pages.chip_link(request, chip, selection) for chip in selection.chips if chip.name != "pipeline"
        ],
        "carried": pages.carried(request.GET),
        "board_url": board_url,
        "list_url": OPPORTUNITIES.url(),
        "filters_url": reverse("opportunity_board_filters"),
        "clear_url": f"{board_url}?pipeline={pipeline.pk}",
        "query_string": pages.query_string(request),
        "rotting_on": held.get("rotting") == "true",
        "rotting_url": pages.link(request, rotting=None if held.get("rotting") == "true" else "true"),
        "unplanned_on": held.get("next_follow_up_at") == "none",
        "unplanned_url": pages.link(
            request, next_follow_up_at=None if held.get("next_follow_up_at") == "none" else "none"
        ),
        "owners_on": held.getlist("owner"),
        "may_add": access.has_verb(request.user, "add", Opportunity),
        "cards": Cards(request.user),
        "shows_money": _shows_money(request),
        "here": request.get_full_path(),
    }


board_filters = login_required(partial(pages.filter_form, listing=OPPORTUNITIES, at="opportunity_board"))

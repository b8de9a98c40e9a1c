"""The pages of opportunities and their board."""

from django.urls import path

from sales.listings.opportunities import OPPORTUNITIES, OPPORTUNITY_BIN
from sales.pages.opportunities import OPPORTUNITY_PAGE
from sales.views import board, opportunities

VERBS = {
    "timeline": opportunities.opportunity_timeline,
    "follow_up": opportunities.opportunity_follow_up,
    "move": opportunities.opportunity_move,
    "unmove": opportunities.opportunity_unmove,
    "win": opportunities.opportunity_win,
    "lose": opportunities.opportunity_lose,
    "invalid": opportunities.opportunity_invalid,
    "reopen": opportunities.opportunity_reopen,
    "take_signed": opportunities.opportunity_take_signed,
}

urlpatterns = [
    path("opportunities/new/", opportunities.opportunity_create, name="opportunity_create"),
    path("opportunities/board/", board.opportunity_board, name="opportunity_board"),
    path("opportunities/board/filters/", board.board_filters, name="opportunity_board_filters"),
    path("opportunities/board/heads/", board.board_heads, name="opportunity_board_heads"),
    path("opportunities/board/columns/<int:pk>/", board.board_column, name="opportunity_board_column"),
    *(
        path(f"opportunities/<int:pk>/{what.replace('_', '-')}/", view, name=f"opportunity_{what}")
        for what, view in VERBS.items()
    ),
    *OPPORTUNITY_PAGE.urls("opportunities"),
    *OPPORTUNITY_BIN.urls("opportunities/bin"),
    *OPPORTUNITIES.urls("opportunities"),
]

"""The pages of quotes."""

from django.urls import path

from sales.listings.quotes import QUOTE_BIN, QUOTES
from sales.pages.quotes import QUOTE_PAGE
from sales.views import quotes

VERBS = {
    "lines": quotes.quote_lines,
    "send": quotes.quote_send,
    "answer": quotes.quote_answer,
    "revise": quotes.quote_revise,
    "reopen": quotes.quote_reopen,
    "copy": quotes.quote_copy,
    "order": quotes.quote_order,
    "revoke": quotes.quote_revoke,
}

urlpatterns = [
    path("quotes/new/", quotes.quote_create, name="quote_create"),
    path("quotes/<int:pk>/quote.pdf", quotes.quote_pdf, name="quote_pdf"),
    *(path(f"quotes/<int:pk>/{what}/", view, name=f"quote_{what}") for what, view in VERBS.items()),
    *QUOTE_PAGE.urls("quotes"),
    *QUOTE_BIN.urls("quotes/bin"),
    *QUOTES.urls("quotes"),
]

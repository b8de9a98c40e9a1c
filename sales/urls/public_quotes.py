"""What a customer reaches by a link, without signing in."""

from django.urls import path

from sales.views import public_quotes

urlpatterns = [
    path("q/<str:token>/", public_quotes.public_quote, name="public_quote"),
    path("q/<str:token>/quote.pdf", public_quotes.public_quote_pdf, name="public_quote_pdf"),
]

"""Template tags of sales."""

from django import template

from crm.core import formats
from sales.listings.cards import Cards
from sales.queries.board import Column

register = template.Library()


@register.simple_tag
def cards_of(cards: Cards, column: Column) -> str:
    """The cards of a column of the board."""
    return cards.html(column.cards)


@register.filter
def short_day(value):
    """``6/15`` / ``Jun 15``."""
    return formats.short_day(value)


@register.filter
def share(value):
    """A fraction as a whole percentage: ``34%``; a dash for nothing."""
    return formats.percent(value, 0)

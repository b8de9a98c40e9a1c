"""The bin of quotes, orders and products is emptied after thirty days; what lines speak of stays."""

import datetime

import pytest
from django.utils import timezone

from accounts.tests.factories import make_customer
from crm.events.models import Event
from sales import services
from sales.models import Order, Product, Quote
from sales.tasks import empty_sales_bin
from sales.tests.factories import SYSTEM, a_line, make_order, make_product, make_quote

pytestmark = pytest.mark.django_db


def test_the_bin_of_sales_is_emptied_after_thirty_days(company):
    customer, sold = make_customer(company.sales1), make_product()
    make_quote(customer, lines=[a_line(product=sold)])
    quotes = [services.delete_quote(make_quote(customer), actor=SYSTEM) for _n in range(2)]
    order = services.delete_order(make_order(customer, kind="order"), actor=SYSTEM)
    unsold = make_product()
    for product in (sold, unsold):
        services.delete_product(product, actor=SYSTEM)
    long_ago = timezone.now() - datetime.timedelta(days=31)
    old = [quotes[0], order, sold, unsold]
    for one in old:
        type(one)._base_manager.filter(pk=one.pk).update(deleted_at=long_ago)
    assert empty_sales_bin() == 3
    gone = [one for one in (*old, quotes[1]) if not type(one)._base_manager.filter(pk=one.pk).exists()]
    assert gone == [quotes[0], order, unsold]
    purged = Event.objects.filter(name__endswith=".purged").values_list("subject_type", flat=True)
    assert set(purged) == {model._meta.label_lower for model in (Quote, Order, Product)}

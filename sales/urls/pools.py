"""The pages of pools."""

from django.urls import path

from sales.listings.pools import POOL_CUSTOMERS, POOL_LEADS
from sales.views import pools

urlpatterns = [
    path("pool/", pools.pool_home, name="pool"),
    *(
        path(f"{kind}s/<int:pk>/{tail}/", view, {"kind": kind}, name=f"{kind}_{name}")
        for kind in ("lead", "customer")
        for tail, view, name in (
            ("claim", pools.record_claim, "claim"),
            ("return-to-pool", pools.record_return, "return"),
            ("protection", pools.protection_extend, "protect"),
            ("lock", pools.protection_lock, "lock"),
        )
    ),
    *POOL_LEADS.urls("pool/leads"),
    *POOL_CUSTOMERS.urls("pool/customers"),
]

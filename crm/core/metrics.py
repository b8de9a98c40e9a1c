"""Figures for Prometheus at /metrics: requests by route, and gauges that the apps contribute."""

import hmac
from collections.abc import Iterator
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from crm.core import health

log = structlog.get_logger(__name__)

REQUESTS = Histogram(
    "crm_request_seconds",
    "Time to answer a request",
    ["method", "route", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    REQUESTS.labels(method, route, str(status)).observe(seconds)


def may_read(request: HttpRequest) -> bool:
    """Only this machine itself, not through a proxy, or whoever holds CRM_METRICS_TOKEN."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    try:
        return (
            "X-Forwarded-For" not in request.headers and ip_address(request.META["REMOTE_ADDR"]).is_loopback
        )
    except (KeyError, ValueError):
        return False


def metrics(request: HttpRequest) -> HttpResponse:
    """The figures in Prometheus' text format."""
    if not may_read(request):
        return HttpResponse("Loopback or token only.\n", status=403, content_type="text/plain")
    now = CollectorRegistry()
    now.register(Gauges())
    return HttpResponse(generate_latest(_requests()) + generate_latest(now), content_type=CONTENT_TYPE_LATEST)


class Gauges(Collector):
    """What is read at the moment of asking."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("crm_up", "Whether a part of the system answers", labels=["part"])
        for part, state in health.checks().items():
            up.add_metric([part], float(state == "ok"))
        yield up


def _requests() -> CollectorRegistry:
    """The requests counted by every web process of this machine, or by this one where it is alone."""
    registry = CollectorRegistry()
    if values.ValueClass is values.MutexValue:
        registry.register(REQUESTS)
    else:
        multiprocess.MultiProcessCollector(registry)
    return registry

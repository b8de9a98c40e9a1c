"""The Django project and its platform: everything a CRM needs before its first business noun."""

from crm.core import starting

starting.begin()

from crm.celery import app as celery_app  # noqa: E402 - after the start has begun

__all__ = ["celery_app"]

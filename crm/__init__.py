"""The Django project and its platform: everything a CRM needs before its first business noun."""

from crm.celery import app as celery_app

__all__ = ["celery_app"]

"""WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from crm.core import starting
from crm.core.uploads import WholeBody

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

application = WholeBody(get_wsgi_application())
starting.before_forking()

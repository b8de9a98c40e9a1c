"""The variables that crm/settings.py reads, for the embedded services or the real ones."""

from __future__ import annotations

import os

from . import secrets
from .places import ROOT, VENV, Data
from .postgres import APP, OWNER
from .services import Services


def build(data: Data, services: Services, **more: str) -> dict[str, str]:
    """The environment of everything that runs our code. What the caller has set wins."""
    own = {
        "DJANGO_SETTINGS_MODULE": "crm.settings",
        "CRM_DATA_DIR": str(data.folder),
        "CRM_SECRET_KEY": secrets.secret_key(data),
        "CRM_METRICS_TOKEN": secrets.Secrets(data).get("metrics"),
        "PYTHONUNBUFFERED": "1",
    }
    if services.postgres is not None:
        own["DATABASE_URL"] = services.postgres.url(APP)
        own["DATABASE_OWNER_URL"] = services.postgres.url(OWNER)
    if services.broker is not None:
        own["REDIS_URL"] = services.broker.url()
    found = {**own, **more, **{key: value for key, value in os.environ.items() if value or key not in own}}
    # One data folder, whichever way it was named; and never another environment's packages.
    found["CRM_DATA_DIR"] = str(data.folder)
    found["VIRTUAL_ENV"] = str(VENV)
    programs = [str(VENV / "bin"), os.environ.get("PATH", os.defpath)]
    if services.postgres is not None:
        # The server's own psql and pg_dump: an older pg_dump of the machine would refuse it.
        programs.insert(1, str(services.postgres.binaries))
    found["PATH"] = os.pathsep.join(programs)
    found.pop("PYTHONHOME", None)
    # Container images like to set it; we start many processes, and each would compile two thousand modules anew.
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    found["PYTHONPATH"] = str(ROOT)
    return found

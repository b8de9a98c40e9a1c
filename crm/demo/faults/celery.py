"""The Celery application as the faults start it: the product's own, with a quicker timetable and consumers that misbehave.

Beat sends in a second what it sends in real life within minutes, so that hundreds of cycles fit into one run; nothing
else is different. The consumers and the guard of `poison` exist in these processes only.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

from celery import signals

from crm.celery import app

QUICKLY = 0.5
"""Seconds between two wake-ups of what beat sends every few minutes or more often."""
OFTEN = 900.0
"""What beat sends at least this often (seconds) is sent quickly here."""
ONLY = os.environ.get("FAULTS_HURRY", "")
"""The entries of the timetable to hurry, where not all are; the others keep the time of real life."""


@app.on_after_finalize.connect
def hurry(sender: object, **kwargs: object) -> None:
    """Send soon what has to be sent often."""
    for name, entry in app.conf.beat_schedule.items():
        meant = not ONLY or name in ONLY.split(",")
        if meant and isinstance(entry["schedule"], float) and entry["schedule"] <= OFTEN:
            entry["schedule"] = QUICKLY


@signals.worker_init.connect
def misbehave(**kwargs: object) -> None:
    """Add the consumers and jobs that raise, crash and eat memory."""
    from crm.demo.faults import poison

    poison.add_consumers()

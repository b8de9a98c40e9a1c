"""bin/prepare: the set-up that needs no service, for images: packages, front-end files, fonts, translations."""

from __future__ import annotations

from . import environment, setup
from .places import data_folder
from .services import Services
from .steps import Progress


def main(arguments: list[str]) -> int:
    """Prepare the clone and collect the static files into the data folder."""
    data = data_folder(arguments[0] if arguments else None)
    progress = Progress()
    setup.of_the_clone(progress, data, dev=False)
    services = Services(data)
    # No service is started, so none has an address; settings fall back to their defaults.
    services.postgres = services.broker = None
    setup.static_files(progress, data, environment.build(data, services))
    return 0

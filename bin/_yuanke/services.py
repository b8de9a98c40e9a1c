"""The embedded services as a whole: shared by every command that runs, stopped by the last one that ends."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from .broker import Broker
from .places import Data
from .postgres import Postgres
from .processes import locked
from .steps import Progress


class Services:
    """PostgreSQL and the broker of one data folder; a real one given by its address takes the embedded one's place."""

    def __init__(self, data: Data, *, durable: bool = True) -> None:
        self.data = data
        self.postgres = None if os.environ.get("DATABASE_URL") else Postgres(data, durable=durable)
        self.broker = None if os.environ.get("REDIS_URL") else Broker(data)

    @contextlib.contextmanager
    def running(self, progress: Progress) -> Iterator[None]:
        """Have the services up inside the block. Several commands may do so at once on one data folder."""
        self.data.make()
        starting, using = self.data.run / "starting.lock", self.data.run / "using.lock"
        with contextlib.ExitStack() as in_use:
            with locked(starting):
                in_use.enter_context(locked(using, shared=True))
            try:
                with locked(starting):
                    self.start(progress)
                yield
            finally:
                with locked(starting):
                    in_use.close()
                    with locked(using, wait=False) as nobody_else:
                        if nobody_else:
                            self.stop()

    def start(self, progress: Progress) -> None:
        """Start what is down."""
        for name, service in (("PostgreSQL", self.postgres), ("Broker (Valkey)", self.broker)):
            if service is not None:
                with progress.step(name) as step:
                    if not service.start():
                        step.already_done()

    def stop(self) -> None:
        """Stop both."""
        for service in (self.broker, self.postgres):
            if service is not None:
                service.stop()

    def revive(self) -> list[str]:
        """Start again what has died meanwhile and name it."""
        revived = []
        for name, service in (("PostgreSQL", self.postgres), ("the broker", self.broker)):
            if service is not None and service.pid() is None and service.start():
                revived.append(name)
        return revived

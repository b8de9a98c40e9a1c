"""bin/serve: all set-up that is missing, then the whole system until Ctrl+C."""

from __future__ import annotations

import argparse
import os
import socket

from . import environment, processes, setup
from .places import ROOT, VENV, Data, data_folder
from .services import Services
from .steps import Progress, StepFailed
from .supervisor import Part, Stopped, Supervisor, stop_signals

DEMO_LOGINS = (
    ("admin", "administrator"),
    ("exec", "executive"),
    ("director", "sales director, all sales teams"),
    ("manager1", "sales manager, East (Shanghai)"),
    ("manager2", "sales manager, South (Shenzhen)"),
    ("sales1, sales2", "salespeople of manager1"),
    ("sales3, sales4", "salespeople of manager2"),
    ("marketing1", "marketing manager"),
    ("marketing2", "marketing member"),
    ("servicemanager1", "service manager"),
    ("service1, service2", "service representatives"),
    ("finance1", "finance"),
)


def main(arguments: list[str]) -> int:
    """Set up and serve."""
    asked = _parse(arguments)
    data = data_folder(asked.data).make()
    progress = Progress()
    with stop_signals(), processes.locked(data.run / "serve.lock", wait=False) as alone:
        if not alone:
            raise StepFailed(
                f"Another bin/serve already runs on {data.folder}.",
                command="bin/serve --data another-folder --port 8001",
            )
        try:
            _serve(asked, data, progress)
        except Stopped as stopped:
            progress.note(f"Stopped ({stopped}). Nothing is left running.")
    return 0


def _serve(asked: argparse.Namespace, data: Data, progress: Progress) -> None:
    parts = parts_of(asked, data)
    for part in parts:
        part.end_orphan()
    if not processes.port_is_free(asked.port, asked.bind):
        raise StepFailed(
            f"Port {asked.port} on {asked.bind} is taken by another program.",
            command=f"bin/serve --port {asked.port + 1}",
        )
    setup.of_the_clone(progress, data, dev=False)
    services = Services(data)
    with services.running(progress):
        more = addresses(asked)
        env = environment.build(data, services, **more)
        setup.of_the_database(progress, data, services, env)
        demo = False
        if not asked.empty and services.postgres is not None:
            demo = setup.demo_company(progress, data, services, env)
        if not demo:
            setup.first_administrator(progress, env)
        supervisor = Supervisor(parts, lambda: environment.build(data, services, **more), services)
        try:
            supervisor.start()
            supervisor.wait_until_healthy(f"http://{_own_name(asked.bind)}:{asked.port}/healthz", progress)
            _ready(asked, data, demo=demo)
            supervisor.run()
        finally:
            progress.note("Stopping …")
            supervisor.stop()


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/serve", description="Set up and run the whole system.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--bind", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--data", help="the data folder (default: $CRM_DATA_DIR, else var/)")
    parser.add_argument("--empty", action="store_true", help="no demo company; begins with one administrator")
    return parser.parse_args(arguments)


def parts_of(asked: argparse.Namespace, data: Data) -> list[Part]:
    """The three parts of the system."""
    host = f"[{asked.bind}]" if ":" in asked.bind else asked.bind
    celery = [str(VENV / "bin" / "python"), "-m", "celery", "-q", "-A", "crm"]
    workers = os.environ.get("CRM_WORKER_PROCESSES") or "2"
    web = [
        str(VENV / "bin" / "python"),
        "-m",
        "gunicorn",
        "crm.wsgi:application",
        "--bind",
        f"{host}:{asked.port}",
    ]
    worker = [
        *celery,
        "worker",
        "--loglevel=INFO",
        f"--concurrency={workers}",
        "--without-gossip",
        "--without-mingle",
    ]
    beat = [*celery, "beat", "--loglevel=INFO", f"--schedule={data.run / 'beat'}", "--pidfile="]
    return [
        Part("web", web, data, ROOT),
        Part("worker", worker, data, ROOT),
        Part("beat", beat, data, ROOT),
    ]


def addresses(asked: argparse.Namespace) -> dict[str, str]:
    """Under which names the pages may be asked for, and which one stands in e-mails."""
    names = ["127.0.0.1", "localhost", "[::1]"]
    if asked.bind not in {"127.0.0.1", "localhost", "::1"}:
        names += [socket.gethostname(), socket.getfqdn()]
        if asked.bind in {"0.0.0.0", "::"}:
            found = socket.getaddrinfo(socket.gethostname(), None, family=socket.AF_INET)
            names += sorted({str(entry[4][0]) for entry in found})
        else:
            names.append(asked.bind)
    return {
        "CRM_ALLOWED_HOSTS": ",".join(dict.fromkeys(names)),
        "CRM_BASE_URL": f"http://{_own_name(asked.bind)}:{asked.port}",
    }


def _own_name(bind: str) -> str:
    if bind in {"0.0.0.0", "::", "localhost"}:
        return "127.0.0.1"
    return f"[{bind}]" if ":" in bind else bind


def _ready(asked: argparse.Namespace, data: Data, *, demo: bool) -> None:
    lines = [f"Logs: {data.logs}   Stop: Ctrl+C", f"Ready: http://{_own_name(asked.bind)}:{asked.port}/"]
    if demo:
        password = setup.demo_password(data)
        lines.append(f"Demo logins, each with the password {password}")
        lines += [f"  {name:<20}{what}" for name, what in DEMO_LOGINS]
    print("\n".join(lines), flush=True)

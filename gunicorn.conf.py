"""How gunicorn runs the web part; it reads this file from the folder it is started in."""

import os
import shutil
from pathlib import Path
from typing import Any

from crm.core import logs

_cpus = os.cpu_count() or 2
_data = Path(os.environ.get("CRM_DATA_DIR", "var"))
_figures = Path(os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(_data / "run" / "metrics")))

bind = os.environ.get("CRM_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("CRM_WEB_PROCESSES", min(4, max(2, _cpus))))
threads = int(os.environ.get("CRM_WEB_THREADS", 4))
worker_class = "gthread"
preload_app = True
timeout = 120
graceful_timeout = 20
keepalive = 30
max_requests = 20_000
max_requests_jitter = 2_000
forwarded_allow_ips = os.environ.get("CRM_PROXY_ADDRESSES", "127.0.0.1,::1")
accesslog = None
logconfig_dict = logs.configuration(readable=False, level="INFO")
logconfig_dict["loggers"]["gunicorn.error"] = {"handlers": ["output"], "level": "INFO", "propagate": False}

# Every process writes its figures to a file of its own; the directory begins empty with each start.
shutil.rmtree(_figures, ignore_errors=True)
_figures.mkdir(parents=True, exist_ok=True)


def child_exit(server: Any, worker: Any) -> None:
    """Forget the gauges of a process that has ended; what it counted stays counted."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)

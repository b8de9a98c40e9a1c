"""The health check inside a container: is this part of the system alive? Exit code 0 means yes."""

import os
import sys
import urllib.request

part = sys.argv[1]
if part == "web":
    port = os.environ.get("CRM_BIND", "127.0.0.1:8000").rpartition(":")[2]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz?check=database", timeout=4) as answer:
        sys.exit(answer.status != 200)

import redis  # noqa: E402

broker = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=4, socket_connect_timeout=4)
sys.exit(not broker.exists(f"crm:alive:{part}"))

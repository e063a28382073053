"""The web server's settings: a few processes with threads, since requests mostly wait for PostgreSQL or Redis."""

import os
from pathlib import Path

host = os.environ.get("HOST") or "127.0.0.1"
port = os.environ.get("PORT") or "8000"

bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
wsgi_app = "crossmarket.wsgi:application"
proc_name = "crossmarket"

workers = int(os.environ.get("WEB_CONCURRENCY") or min(os.cpu_count() or 1, 4))
worker_class = "crossmarket.web_worker.ProblemWorker"
threads = int(os.environ.get("WEB_THREADS", "8"))
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeats in memory, not on a disk

timeout = 60
graceful_timeout = 4
keepalive = 15

# Requests share the cores already; a second thread for each small matrix product only makes them wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

accesslog = None  # addresses have people's ids inside; `LOG_LEVEL=DEBUG` logs requests by the patterns of theirs
loglevel = "info" if os.environ.get("LOG_LEVEL", "").upper() == "DEBUG" else "warning"
control_socket_disable = True

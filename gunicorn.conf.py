"""How the web server runs; gunicorn reads this file by itself. Its command line wins over it."""

import gc
import os
import sys
from importlib import import_module

from django.core.exceptions import ImproperlyConfigured

# Workers for the processors, threads for the waiting: a request mostly waits for PostgreSQL.
# Each thread keeps one connection open, so workers x threads is the number of connections.
# The worker is gunicorn's own for threads (gthread), and saves handing connections around.
worker_class = "console.web_worker.StayingThreadWorker"
workers = int(os.environ.get("WEB_CONCURRENCY") or (os.cpu_count() or 1) + 1)
threads = 4
# Not preloaded: a new worker has the new code, and no fork shares a connection.
preload_app = False
# A worker that is told to end finishes what it is doing first.
graceful_timeout = 30
timeout = 60
keepalive = 5
# One file in the home folder for all servers of a user: two of them would quarrel over it.
control_socket_disable = True


def on_starting(server: object) -> None:
    """Say what is wrong with the settings once and stop, instead of once in each worker."""
    try:
        import_module("console.settings")
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    # Forgotten again, so that workers after a reload read the settings anew.
    for name in [name for name in sys.modules if name.startswith("console")]:
        del sys.modules[name]


def post_worker_init(worker: object) -> None:
    """Let the collector of garbage pass by what stays: the loaded code, a few hundred thousand
    objects. It took a fifteenth of a call's time, and looks at new ones less often now too.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10)

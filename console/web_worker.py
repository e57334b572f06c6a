"""How the web server's threads share the connections: one stays with a caller who asks again."""

import select
import socket
from contextlib import suppress

from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

# What a program, or a proxy near by, takes from an answer to its next request.
STAY = 5  # milliseconds


class StayingThreadWorker(ThreadWorker):
    """gunicorn gives a connection back to its main thread with every answer and takes a thread for
    the next request: two threads are woken for each, and all of them want the one interpreter. That
    took a sixth of a busy server's time. So a thread looks first whether the next request comes
    at once, as long as nobody waits for a thread.
    """

    def handle(self, conn: TConn) -> object:
        """True keeps the connection, for gunicorn's main thread to watch."""
        kept = super().handle(conn)
        while kept is True and self.alive and self._asks_again(conn):
            kept = super().handle(conn)
        return kept

    def handle_request(self, req: Request, conn: TConn) -> bool:
        """Head and body leave in one packet; gunicorn writes them one after the other, and wakes
        the caller twice.
        """
        _hold_back(conn.sock, True)
        try:
            return super().handle_request(req, conn)
        finally:
            _hold_back(conn.sock, False)

    def _asks_again(self, conn: TConn) -> bool:
        if conn.parser.unreader.buf.getvalue():
            return True  # it was read with the request before
        waiting = len(self.keepalived_conns) + len(self.pending_conns)
        if self.nr_conns - waiting > self.cfg.threads:
            return False
        readable = select.poll()
        readable.register(conn.sock, select.POLLIN)
        return bool(readable.poll(STAY))


def _hold_back(sock: socket.socket, is_held: bool) -> None:
    # Of Linux's TCP alone; a socket that is a file, or was closed meanwhile, has none of it.
    with suppress(AttributeError, OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, is_held)

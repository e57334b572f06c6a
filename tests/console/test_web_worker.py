"""A thread of the web server stays with a caller who asks again at once, unless it is needed; an
answer leaves in one packet.
"""

import socket
from collections.abc import Callable, Iterator

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn

from console.web_worker import StayingThreadWorker

THREADS = 4
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Line:
    """A caller's end of a connection, and the worker at the other end of it."""

    def __init__(self, caller: socket.socket, server: socket.socket) -> None:
        config = Config()
        config.set("threads", THREADS)
        self.caller = caller
        self.worker = StayingThreadWorker(0, 0, [], None, 30, config, Logger(config))
        self.worker.nr_conns = 1
        self.worker.wsgi = self.answer
        address = ("127.0.0.1", 8000)
        self.connection = TConn(config, server, address, address)
        self.answered = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def answer(self, environ: dict[str, object], start_response: Callable) -> list[bytes]:
        self.answered += 1
        if self.answered == 1:
            self.meanwhile()
        start_response("204 No Content", [])
        return []

    def ask(self) -> None:
        self.caller.sendall(REQUEST)

    def handle(self) -> object:
        self.ask()
        return self.worker.handle(self.connection)


@pytest.fixture
def line() -> Iterator[Line]:
    caller, server = socket.socketpair()
    with caller, server:
        line = Line(caller, server)
        yield line
        line.worker.tmp.close()


def test_the_next_request_is_answered_by_the_same_thread(line: Line) -> None:
    line.meanwhile = line.ask

    assert line.handle() is True
    assert line.answered == 2


def test_one_that_was_sent_along_too(line: Line) -> None:
    line.ask()

    assert line.handle() is True
    assert line.answered == 2


def test_without_one_the_connection_goes_back_to_the_main_thread(line: Line) -> None:
    assert line.handle() is True
    assert line.answered == 1


def test_a_thread_that_others_wait_for_does_not_stay(line: Line) -> None:
    line.meanwhile = line.ask
    line.worker.nr_conns = THREADS + 1

    assert line.handle() is True
    assert line.answered == 1


def test_connections_that_only_wait_need_no_thread(line: Line) -> None:
    line.meanwhile = line.ask
    line.worker.nr_conns = THREADS + 1
    line.worker.keepalived_conns.append(object())

    line.handle()

    assert line.answered == 2


def test_a_worker_that_stops_answers_what_it_has(line: Line) -> None:
    def stop() -> None:
        line.ask()
        line.worker.alive = False

    line.meanwhile = stop

    line.handle()

    assert line.answered == 1


@pytest.mark.skipif(not hasattr(socket, "TCP_CORK"), reason="only Linux can hold a packet back")
def test_head_and_body_leave_together() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        caller = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    with caller, server:
        line = Line(caller, server)
        held = [is_held(server)]
        line.meanwhile = lambda: held.append(is_held(server))

        line.handle()

        assert [*held, is_held(server)] == [False, True, False]
        line.worker.tmp.close()


def is_held(sock: socket.socket) -> bool:
    return bool(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_CORK))


def test_who_has_hung_up_is_let_go(line: Line) -> None:
    line.meanwhile = lambda: line.caller.shutdown(socket.SHUT_WR)

    assert line.handle() is False
    assert line.answered == 1

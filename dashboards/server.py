"""The HTTP server in front of the application: whom it answers, and how long it waits for a request.

A page of another site may send requests to this machine under a name of its own, which its owner lets point here (DNS
rebinding). Such a request bears that name as its host and is refused. A peer that does not finish what it began is dropped.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
EVERY_ADDRESS = ("0.0.0.0", "::")
HEAD_SECONDS = 20.0  # to send the head of a request, from the moment that the server waits for it
SILENCE_SECONDS = 120.0  # between bytes of a body, and to take an answer


def server_names(host: str, port: int) -> frozenset[str]:
    """What the Host header of a request may hold: the address that is bound, with its port.

    An address of the machine itself has three names. Where every address is bound, those of this machine's name are accepted;
    its numbers are recognised by ``HostGuard``.
    """
    name = f"[{host}]" if ":" in host else host.lower()
    names = LOOPBACK if name in LOOPBACK else (name,)
    if host in EVERY_ADDRESS:
        names = (*LOOPBACK, socket.gethostname().lower(), socket.getfqdn().lower())
    return frozenset(f"{name}:{port}" for name in names) | (frozenset(names) if port == 80 else frozenset())


class HostGuard:
    """A WSGI application that passes on requests for its own host and refuses all others in words."""

    def __init__(self, application: Callable, host: str, port: int):
        self.application, self.port = application, port
        self.names, self.is_open = server_names(host, port), host in EVERY_ADDRESS

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer a request, with status 421 where it is for another host."""
        if self.is_own(environ.get("HTTP_HOST", "")):
            return self.application(environ, start_response)
        text = f"costmodel answers requests for {', '.join(sorted(self.names))} alone.\n".encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]
        start_response("421 Misdirected Request", [*headers, ("X-Content-Type-Options", "nosniff")])
        return [text]

    def is_own(self, host: str) -> bool:
        """Whether a Host header names this server; where every address is bound, any number is one, for none can be rebound."""
        return host.lower() in self.names or (self.is_open and self._is_number(host))

    def _is_number(self, host: str) -> bool:
        name, _, port = host.rpartition(":")
        family = socket.AF_INET6 if name.startswith("[") and name.endswith("]") else socket.AF_INET
        try:
            socket.inet_pton(family, name.strip("[]"))
        except (OSError, ValueError):
            return False
        return port == str(self.port)


class RequestHandler(WSGIRequestHandler):
    """Hangs up on a peer that has not sent the head of a request in time, however slowly it sends."""

    timeout = SILENCE_SECONDS

    def handle_one_request(self) -> None:
        """Answer one request whose head comes in time."""
        self._deadline = threading.Timer(HEAD_SECONDS, self._hang_up)
        self._deadline.daemon = True
        self._deadline.start()
        try:
            super().handle_one_request()
        finally:
            self._deadline.cancel()

    def parse_request(self) -> bool:
        """Read the head; what comes after it has time."""
        is_complete = super().parse_request()
        self._deadline.cancel()
        return is_complete

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def build_server(application: Callable, host: str, listener: socket.socket) -> BaseWSGIServer:
    """The server of an application behind a socket that listens at ``host``."""
    port = listener.getsockname()[1]
    guarded = HostGuard(application, host, port)
    return make_server(host, port, guarded, threaded=True, fd=listener.fileno(), request_handler=RequestHandler)

"""The playground's server: this machine's browser only, and only with the token of its address.

A page of another site cannot use it: it does not know the token, is refused by its Origin, and a
name that resolves to this machine is refused by its Host.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import cast

from rasplab.cli.play.page import POLICY, first_plan, play_page
from rasplab.cli.play.pool import Pool

BODY_AT_MOST = 1 << 20
TAB_AT_MOST = 64
"""Characters of the name that a tab gives itself."""

_HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(slots=True, eq=False)
class Playground:
    """A server that has not begun; port 0 takes a free one."""

    pool: Pool
    port: int = 0
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    http: _Server = field(init=False)

    def __post_init__(self) -> None:
        self.http = _Server(("127.0.0.1", self.port), _Handler)
        self.http.playground = self
        self.port = self.http.server_address[1]

    @property
    def address(self) -> str:
        """What to open in the browser."""
        return f"http://127.0.0.1:{self.port}/{self.token}/"

    def serve(self) -> None:
        """Serve until `close`."""
        self.pool.start()
        self.http.serve_forever(poll_interval=0.2)

    def close(self) -> None:
        """End the server and its processes."""
        self.http.shutdown()
        self.http.server_close()
        self.pool.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    playground: Playground

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Say what went wrong, but that a page was closed before it had its answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]
    server_version = "rasplab"
    sys_version = ""
    timeout = 60

    def do_GET(self) -> None:
        if (path := self._allowed()) is None:
            return
        match path:
            case "":
                page = play_page(python=self.server.playground.pool.python)
                self._send(HTTPStatus.OK, "text/html; charset=utf-8", page.encode("utf-8"))
            case "plan.svg":
                self._send(HTTPStatus.OK, "image/svg+xml", first_plan().encode("utf-8"))
            case _:
                self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")

    def do_POST(self) -> None:
        if (path := self._allowed(changing=True)) is None:
            return
        job = self._job()
        if job is None:
            return
        if path not in ("compile", "circuit", "page"):
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such thing to do")
            return
        tab = str(job.get("tab", ""))[:TAB_AT_MOST]
        asked: dict[str, object] = {"request": job.get("request")}
        if path == "circuit":
            asked["circuit"] = [str(job.get("level", "")), str(job.get("ablation", ""))]
        elif path == "page":
            asked["view"] = str(job.get("view", ""))
        reply = self.server.playground.pool.ask(f"{path} {tab}", asked)
        self._send(HTTPStatus.OK, "application/json", json.dumps(reply).encode("ascii"))

    def _allowed(self, *, changing: bool = False) -> str | None:
        """The path behind the token, or `None` where the request was refused."""
        playground = self.server.playground
        hosts = {f"{name}:{playground.port}" for name in ("127.0.0.1", "localhost")}
        if self.headers.get("Host") not in hosts:
            self._refuse(HTTPStatus.FORBIDDEN, "this is not the name of the server")
            return None
        origin = self.headers.get("Origin")
        origins = {f"http://{host}" for host in hosts}
        if (changing or origin is not None) and origin not in origins:
            self._refuse(HTTPStatus.FORBIDDEN, "another site has no business here")
            return None
        _, _, rest = self.path.partition("/")
        token, slash, path = rest.partition("/")
        known = secrets.compare_digest(token.encode(), playground.token.encode())
        if not known or not slash:
            self._refuse(HTTPStatus.FORBIDDEN, "the address has no valid token")
            return None
        return path

    def _job(self) -> dict[str, object] | None:
        if self.headers.get("Content-Type") != "application/json":
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "only JSON is read")
            return None
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > BODY_AT_MOST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request is too long")
            return None
        try:
            job = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            job = None
        if not isinstance(job, dict):
            self._refuse(HTTPStatus.BAD_REQUEST, "this is no JSON object")
            return None
        return cast("dict[str, object]", job)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self.close_connection = True
        self._send(status, "text/plain; charset=utf-8", f"{why}\n".encode())

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a person reads this terminal."""

"""The playground's server answers this machine's browser only, and survives bad programs."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from rasplab.cli import main
from rasplab.cli.play.page import play_page
from rasplab.cli.play.pool import Pool
from rasplab.cli.play.server import BODY_AT_MOST, Playground
from rasplab.cli.play.worker import Limits
from tests.view.explorer.test_page import parsed

ENDLESS = "while True: pass"
HUNGRY = "x = bytearray(8 << 30)"
HIST = "hist = selector_width(select(tokens, tokens, ==));"


class Echo(Pool):
    """A pool that compiles nothing: it says what it was asked."""

    def start(self) -> None:
        pass

    def ask(self, tab: str, job: dict[str, Any]) -> dict[str, Any]:
        return {"tab": tab, "job": job}


def served(pool: Pool) -> Iterator[Playground]:
    playground = Playground(pool)
    thread = threading.Thread(target=playground.serve, daemon=True)
    thread.start()
    yield playground
    playground.close()
    thread.join(5)


@pytest.fixture(scope="module")
def echo() -> Iterator[Playground]:
    yield from served(Echo(Limits(), python=True))


@pytest.fixture(scope="module")
def real() -> Iterator[Playground]:
    yield from served(Pool(Limits(seconds=2, megabytes=2048), python=True))


def ask(
    playground: Playground,
    path: str = "compile",
    *,
    method: str = "POST",
    body: Any = None,
    token: str | None = None,
    **headers: str | None,
) -> tuple[int, dict[str, str], bytes]:
    """A request as the page makes it, but for what is given."""
    here = f"127.0.0.1:{playground.port}"
    sent: dict[str, str | None] = {"Host": here, "Content-Type": "application/json"}
    sent |= {"Origin": f"http://{here}"} if method == "POST" else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(body or {"tab": "t"}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", playground.port, timeout=60)
    connection.putrequest(method, f"/{token or playground.token}/{path}", skip_host=True)
    sent.setdefault("Content-Length", str(len(content)))
    for name, value in sent.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(content if method == "POST" else None)
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


def compile_(playground: Playground, source: str, tab: str = "t", **options: Any) -> Any:
    body = {"tab": tab, "request": {"source": source, **options}}
    status, _, content = ask(playground, body=body)
    assert status == 200
    return json.loads(content)


def test_the_page_is_behind_the_token(echo: Playground) -> None:
    status, headers, page = ask(echo, "", method="GET")
    assert status == 200
    assert b"rasplab-playground" in page
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert ask(echo, "", method="GET", token="guess")[0] == 403
    assert ask(echo, "", method="GET", token=echo.token[:-1])[0] == 403
    assert ask(echo, "other", method="GET")[0] == 404


def test_it_listens_on_this_machine_only(echo: Playground) -> None:
    assert echo.http.server_address[0] == "127.0.0.1"
    assert echo.address.startswith(f"http://127.0.0.1:{echo.port}/")
    assert len(echo.token) >= 32


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:80", "", None, "127.0.0.1"])
def test_another_name_of_this_machine_is_refused(host: str | None, echo: Playground) -> None:
    assert ask(echo, Host=host)[0] == 403
    assert ask(echo, "", method="GET", Host=host)[0] == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1", None]
)
def test_another_site_is_refused(origin: str | None, echo: Playground) -> None:
    assert ask(echo, Origin=origin)[0] == 403


def test_a_page_of_another_site_cannot_even_read(echo: Playground) -> None:
    assert ask(echo, "", method="GET", Origin="http://evil.example")[0] == 403


def test_a_form_of_another_site_is_no_request(echo: Playground) -> None:
    assert ask(echo, Content_Type="text/plain")[0] == 415


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(body: bytes, echo: Playground) -> None:
    assert ask(echo, body=body)[0] == 400


@pytest.mark.parametrize("length", ["-1", "many", str(BODY_AT_MOST + 1), "9" * 6000, None])
def test_too_long_a_body_is_refused(length: str | None, echo: Playground) -> None:
    assert ask(echo, Content_Length=length)[0] == 413


def test_a_page_that_is_closed_before_its_answer_is_no_event(
    echo: Playground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed, answered = threading.Event(), threading.Event()
    monkeypatch.setattr(
        Echo, "ask", lambda *job: {"long": "x" * (1 << 24)} if closed.wait(5) else {}
    )
    ended = echo.http.shutdown_request
    monkeypatch.setattr(echo.http, "shutdown_request", lambda s: (ended(s), answered.set()))
    here = f"127.0.0.1:{echo.port}"
    head = (
        f"POST /{echo.token}/compile HTTP/1.1\r\nHost: {here}\r\nOrigin: http://{here}\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )
    with socket.create_connection(("127.0.0.1", echo.port)) as page:
        page.sendall(head.encode())
        at_once = struct.pack("ii", 1, 0)
        page.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    closed.set()
    assert answered.wait(10)
    assert capsys.readouterr().err == ""


def test_the_job_reaches_the_pool(echo: Playground) -> None:
    body = {"tab": "one", "request": {"source": "x"}, "level": "head", "ablation": "zero"}
    found = json.loads(ask(echo, "circuit", body=body)[2])
    assert found["job"] == {"request": {"source": "x"}, "circuit": ["head", "zero"]}
    assert "circuit" not in json.loads(ask(echo, body=body)[2])["job"]
    kept = json.loads(ask(echo, "page", body={"request": {}, "view": "step=1"})[2])
    assert kept["job"] == {"request": {}, "view": "step=1"}
    assert ask(echo, "other", body=body)[0] == 404


def test_no_text_leaves_its_script() -> None:
    elements = parsed(play_page(python=True))
    assert elements.tags.count("script") == 2
    assert elements.references == ["data:,", "plan.svg"]
    without = json.loads(parsed(play_page(python=False)).scripts[0])
    assert without["languages"] == ["rasp"]
    assert {e["language"] for e in without["examples"]} == {"rasp"}


@pytest.mark.slow
def test_a_program_that_never_ends_is_stopped_and_the_next_one_compiles(
    real: Playground,
) -> None:
    assert compile_(real, HIST)["ok"]
    started = time.monotonic()
    reply = compile_(real, ENDLESS, language="python")
    assert "more than 2 seconds" in reply["diagnostics"][0]["title"]
    assert time.monotonic() - started < 20
    assert compile_(real, HIST)["ok"]


def test_a_program_that_takes_all_memory_is_told_so(real: Playground) -> None:
    reply = compile_(real, HUNGRY, language="python")
    assert not reply["ok"]
    assert "memory" in reply["diagnostics"][0]["title"]
    assert compile_(real, HIST)["ok"]


@pytest.mark.slow
@pytest.mark.parametrize("source", ["import os; os._exit(3)", "import os; os.kill(os.getpid(), 9)"])
def test_a_program_that_ends_the_process_is_told_so(source: str, real: Playground) -> None:
    reply = compile_(real, source, language="python")
    assert "has ended" in reply["diagnostics"][0]["title"]


@pytest.mark.slow
def test_what_a_program_prints_and_reads_disturbs_nobody(real: Playground) -> None:
    source = (
        "import os, sys\n"
        "print('{\"ok\": true}', flush=True)\n"
        "os.write(1, b'noise')\n"
        "assert sys.stdin.read() == ''\n"
        "from rasplab.rasp import tokens\n"
        "x = tokens + 1\n"
    )
    reply = compile_(real, source, language="python", vocabulary="1 2")
    assert reply["document"]["name"] == "x"


@pytest.mark.slow
def test_two_tabs_do_not_wait_for_each_other(real: Playground) -> None:
    assert compile_(real, HIST)["ok"]
    replies: list[Any] = []
    endless = threading.Thread(
        target=lambda: replies.append(compile_(real, ENDLESS, tab="a", language="python"))
    )
    endless.start()
    time.sleep(0.2)
    assert compile_(real, HIST, tab="b")["ok"]
    assert endless.is_alive() or not replies[0]["ok"]
    endless.join(30)
    assert not replies[0]["ok"]


@pytest.mark.slow
def test_a_later_request_of_a_tab_ends_the_one_before(real: Playground) -> None:
    replies: list[Any] = []
    endless = threading.Thread(
        target=lambda: replies.append(compile_(real, ENDLESS, language="python"))
    )
    endless.start()
    time.sleep(0.5)
    assert compile_(real, HIST)["ok"]
    endless.join(30)
    assert not replies[0]["ok"]


@pytest.mark.slow
def test_closing_ends_every_process() -> None:
    pool = Pool(Limits(), python=False)
    assert pool.ask("t", {"request": {"source": HIST}})["ok"]
    workers = list(pool._idle)
    assert workers
    pool.close()
    assert not any(worker.alive for worker in workers)


@pytest.mark.parametrize(
    "arguments", [["--seconds", "0"], ["--megabytes", "1"], ["--port", "99999"]]
)
def test_limits_that_make_no_sense_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["play", "--no-open", *arguments]) == 1
    assert "error[E450]" in capsys.readouterr().err

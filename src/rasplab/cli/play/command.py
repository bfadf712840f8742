"""`rasplab play`: serve the playground, open it, and stay until interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rasplab.cli import output
from rasplab.diagnostics import InputError, diagnostic

if TYPE_CHECKING:
    from rasplab.cli.play.pool import Pool
    from rasplab.cli.play.server import Playground


def play(
    *,
    port: int = 0,
    seconds: float = 10.0,
    megabytes: int = 2048,
    python: bool = True,
    open: bool = True,
) -> None:
    """Serve the playground to this machine's browser: the explorer page with an editor.

    It listens on 127.0.0.1 only, and the address holds a token: whoever has it may run programs as
    you. Interrupt it to stop.

    Parameters
    ----------
    port
        The port; by default one that is free.
    seconds
        For which compiling may go on.
    megabytes
        Of memory that compiling may use.
    python
        Whether programs may be Python, which is run, and not only RASP text, which is parsed.
    open
        Show the page in the browser.
    """
    from rasplab.cli.play.pool import Pool
    from rasplab.cli.play.worker import Limits

    if not 0 < seconds <= 3600 or not 256 <= megabytes <= 1 << 20:
        raise InputError(
            diagnostic(
                "E450",
                f"limits of {seconds:g} seconds and {megabytes} megabytes make no sense",
                help="give up to 3600 seconds, and 256 megabytes or more",
            )
        )
    playground = _started(port, Pool(Limits(seconds, megabytes), python))
    output.say(playground.address)
    output.note("note: press Ctrl-C to stop; whoever knows this address may run programs as you")
    if open:
        import threading
        import webbrowser

        threading.Thread(target=webbrowser.open, args=(playground.address,), daemon=True).start()
    try:
        playground.serve()
    except KeyboardInterrupt:
        output.note("stopped")
    finally:
        playground.http.server_close()
        playground.pool.close()


def _started(port: int, pool: Pool) -> Playground:
    from rasplab.cli.play.server import Playground

    try:
        return Playground(pool, port)
    except (OSError, OverflowError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise InputError(
            diagnostic(
                "E450",
                f"port {port} of this machine cannot be served: {why}",
                help="leave `--port` out, and a free one is taken",
            )
        ) from None

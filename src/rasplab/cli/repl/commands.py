"""What the REPL has beyond the original: `:compile`, `:show`, `:draw`, `:size`, `:help`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rasplab.diagnostics import InputError, ProgramError, diagnostic
from rasplab.rasp import expressions as ex
from rasplab.rasp.syntax.program import value_of
from rasplab.rasp.syntax.scope import Scope
from rasplab.rasp.syntax.values import kind, quoted, sequence_text
from rasplab.verification import difference

if TYPE_CHECKING:
    from rasplab.cli.repl.session import Host
    from rasplab.craft.certificate import Certificate
    from rasplab.model import Model
    from rasplab.view.flow import Flow
    from rasplab.weights import Config

HELP: Final = """\
statements end with `;`      hist = selector_width(select(tokens, tokens, ==));
an s-op on an input          hist("hello");
the running example          set example "hello"     show example     examples off
sequences in columns         full seq display on
a file                       load "name";
:compile S-OP                into a transformer: its size, and whether it is exact
   with abc to 10 causal     (for this vocabulary, this length, looking back only; each optional)
:show S-OP                   what each head and MLP of it implements
:size S-OP                   the layers and heads that the RASP paper predicts
:draw S-OP                   the flow of the computation on the running example
   to flow.svg               into a file: .svg, .pdf, .png or .dot
:names                       what is defined here
exit                         ends the session"""

_TARGET: Final = re.compile(
    r"(?P<what>.*?)"
    r'(?:\s+with\s+(?P<vocab>"[^"]*"|\S+))?(?:\s+to\s+(?P<to>\S+))?(?P<causal>\s+causal)?\s*'
)


@dataclass(slots=True)
class Commands:
    """The commands that begin with a colon; they see the names of a session."""

    host: Host
    scope: Scope
    models: dict[tuple[ex.SOp, str, int, bool], Model] = field(
        default_factory=dict[tuple[ex.SOp, str, int, bool], "Model"]
    )

    def answer(self, text: str) -> str:
        """What a command gives.

        Raises:
            RasplabError: there is no such command, or it cannot be done.
        """
        name, _, rest = text.strip().partition(" ")
        target = _TARGET.fullmatch(rest.strip())
        if target is None:
            raise InputError(diagnostic("E714", f"`:{text}` makes no sense", help=":help"))
        match name:
            case "help" | "h" | "?":
                return HELP
            case "names":
                return self._names()
            case "size":
                from rasplab.cli.repl.flow import size_text

                return f"  the RASP paper predicts {size_text(self._flow(target['what']))}"
            case "compile":
                return self._compile(target)
            case "show":
                return self._model(target).show()
            case "draw":
                return self._draw(target)
            case "quit" | "exit" | "q":
                self.host.finished = True
                return ""
            case _:
                raise InputError(
                    diagnostic(
                        "E714",
                        f"there is no command `:{name}`",
                        help="use :compile, :show, :draw, :size, :names or :help",
                    )
                )

    def _names(self) -> str:
        lines = [
            f"  {name}: {kind(value).removeprefix('a ').removeprefix('an ')}"
            for name, value in self.scope.values.items()
        ]
        return "\n".join(lines) or "nothing yet"

    def _flow(self, text: str) -> Flow:
        from rasplab.view.flow import follow

        return follow(self._sop(text), self.host.printer.sop.sequence)

    def _compile(self, target: re.Match[str]) -> str:
        model = self._model(target)
        config, certificate = model.config, model.certificate
        example = list(self.host.printer.sop.sequence)
        lines = [
            f"  {model.weights}",
            f"  for {' '.join(map(str, config.vocabulary))}, {_extent(config)}",
            f"  exact in {certificate.precision}: {_precision(certificate)}",
        ]
        if set(example) <= set(config.vocabulary) and len(example) <= config.max_length:
            lines.append(f"  on {quoted(self.host.printer.sop.sequence)}: {_tried(model, example)}")
        return "\n".join(lines)

    def _model(self, target: re.Match[str]) -> Model:
        from rasplab.opening import compile

        expression = self._sop(target["what"])
        example = self.host.printer.sop.sequence
        given = target["vocab"]
        vocab: object = dict.fromkeys(example if given is None else given.strip('"'))
        length = self._length(target["to"], len(example))
        key = (expression, "".join(map(repr, vocab)), length, target["causal"] is not None)
        if key not in self.models:
            self.models[key] = compile(expression, vocab=vocab, max_length=length, causal=key[3])
        return self.models[key]

    def _length(self, text: str | None, usual: int) -> int:
        if text is None:
            return usual
        if not text.isdigit():
            raise InputError(
                diagnostic(
                    "E408",
                    f"`to` is followed by a length, not {text!r}",
                    help="give the length of the longest sequence, as in `to 8`",
                )
            )
        return int(text)

    def _draw(self, target: re.Match[str]) -> str:
        from rasplab.cli.repl.flow import flow_text
        from rasplab.view import draw

        if target["to"] is None:
            return flow_text(self._flow(target["what"]))
        path = Path(target["to"])
        draw(self._sop(target["what"]), self.host.printer.sop.sequence, path)
        return f"  {path}"

    def _sop(self, text: str) -> ex.SOp:
        value = value_of(text, self.host.machine, self.scope)
        if not isinstance(value, ex.SOp):
            raise ProgramError(
                diagnostic("E406", f"only an s-op can be compiled or drawn, not {kind(value)}")
            )
        return value


def _extent(config: Config) -> str:
    back = ", looking back only" if config.causal else ""
    return f"at most {config.max_length} tokens{back}"


def _precision(certificate: Certificate) -> str:
    error, margin = certificate.output_error, certificate.smallest_margin
    return f"output within {error:.1e}, smallest margin {margin:.4f}"


def _tried(model: Model, example: list[object]) -> str:
    """The model on an input, and whether the program says the same."""
    assert model.program is not None
    got = model(example)
    expected = model.program(example, causal=model.config.causal)
    same = difference(model, got, expected) <= model.certificate.output_error
    shown = "undefined somewhere" if None in got else sequence_text(got)
    return f"{shown}, {'as' if same else 'NOT as'} the program"

"""The commands: what they print, and with which exit code they end."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import rasplab
from rasplab import programs
from rasplab.cli import main

PROGRAMS = """\
from rasplab.rasp import aggregate, apply, indices, numerical, select, selector_width, tokens

same = select(tokens, tokens, "==")
hist = selector_width(same)
first = apply(lambda x: x, tokens)
words = aggregate(select(indices, indices, "<="), tokens)
plain = numerical(tokens + 0.5)
number = 7


def reverse():
    from rasplab import programs

    return programs.reverse()


def needs(argument):
    return tokens


def fails():
    raise KeyError("lost")
"""


class Shell:
    """Runs command lines in this process; keeps what the last one printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        code = main(arguments)
        self.out, self.err = self.capsys.readouterr()
        assert "\x1b" not in self.out + self.err
        assert "Traceback" not in self.err
        return code

    def rows(self) -> dict[str, list[str]]:
        return {line.split()[0]: line.split()[1:] for line in self.out.splitlines()}


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    Path("my.py").write_text(PROGRAMS)
    return Shell(capsys)


def test_version(shell: Shell) -> None:
    assert shell("--version") == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", shell.out)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["run", "--help"], ["compile", "-h"]])
def test_help_is_given_on_stdout(shell: Shell, arguments: list[str]) -> None:
    assert shell(*arguments) == 0
    assert "Usage: rasplab" in shell.out
    assert not shell.err


def test_list_has_a_line_for_every_program(shell: Shell) -> None:
    assert shell("list") == 0
    for entry, line in zip(programs.all(), shell.out.splitlines()[1:], strict=True):
        assert line.split()[0] == entry.name
        assert line.endswith(entry.summary)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("sort 3 1 2", "1 2 3"),
        ("sort -3 1.5 -0.5", "-3 -0.5 1.5"),
        ("sort --text 10 9", "'10' '9'"),
        ("reverse True a 2.0", "2 a True"),
        ("hist a b a", "2 1 2"),
        ("hist -- --text -x --text", "2 1 2"),
        ("previous_token a b", "None a"),
        ("addition 1 + 8", "0 0 9"),
        ("count(value='b') a b b", "2 2 2"),
        ("shift(-1,default=0) 5 6", "6 0"),
        ("dyck1 ( ( )", "P P P"),
        ("my.py:hist a b a", "2 1 2"),
        ("my.py:reverse a b c", "c b a"),
        ("my.py:hist --causal a b a", "1 1 2"),
    ],
)
def test_run_prints_the_input_and_what_the_program_gives(
    shell: Shell, arguments: str, expected: str
) -> None:
    assert shell("run", *arguments.split()) == 0
    assert shell.rows()["program"] == expected.split()


def test_parameters_that_the_library_chooses_are_told(shell: Shell) -> None:
    assert shell("run", "count", "a", "b", "a") == 0
    assert shell.rows()["program"] == ["2", "2", "2"]
    assert shell.err == "note: the library's example count(value='a')\n"
    assert shell("show", "addition", "--max-length", "3") == 0
    assert shell.err == "note: the library's example addition(base=4)\n"
    assert shell("show", "shift(by=2)") == 0
    assert "indices - 2" in shell.out
    assert not shell.err


def test_run_divides_a_quoted_sequence_at_blanks(shell: Shell) -> None:
    assert shell("run", "reverse", "a b c") == 0
    assert shell.rows() == {"input": ["a", "b", "c"], "program": ["c", "b", "a"]}


@pytest.mark.parametrize(
    "arguments",
    [
        "sort 3 1 2",
        "hist x y x",
        "frac_prevs a b a",
        "dyck1 ( ( ) )",
        "my.py:hist a 1 a",
    ],
)
def test_run_compiled_shows_the_model_beside_the_program(shell: Shell, arguments: str) -> None:
    assert shell("run", *arguments.split(), "--compiled") == 0
    rows = shell.rows()
    assert rows["model"] == rows["program"]


def test_run_compiled_takes_a_vocabulary(shell: Shell) -> None:
    assert shell("run", "my.py:hist", "a", "1", "--vocab", "a 0..3", "--compiled") == 0
    assert shell.rows()["model"] == ["1", "1"]


def test_run_compiled_refuses_a_token_outside_a_given_vocabulary(shell: Shell) -> None:
    assert shell("run", "my.py:hist", "a", "z", "--vocab", "a b", "--compiled") == 1
    assert "error[E404]" in shell.err


@pytest.mark.slow
def test_compile_writes_a_model_that_show_and_verify_read(shell: Shell) -> None:
    line = ["compile", "my.py:hist", "--vocab", "a b 0..2", "--max-length", "4", "-o", "out/hist"]
    Path("out").mkdir()
    assert shell(*line) == 0
    assert shell.out.startswith("out/hist: 1 layer,")
    assert shell("show", "out/hist") == 0
    assert "a b 0 1 2" in shell.out
    assert shell(*line) == 1
    assert "error[E503]" in shell.err
    assert shell(*line, "--overwrite", "--causal", "--optimize", "0", "--dtype", "float64") == 0
    assert shell("verify", "out/hist") == 0
    assert "NOT compared" in shell.out
    assert shell("verify", "out/hist", "--program", "my.py:hist") == 0
    assert "equal on 780 sequences (every input)" in shell.out
    assert "what this version compiles the program to" in shell.out
    assert shell("verify", "out/hist", "--program", "my.py:first") == 1
    assert "DIFFERENT" in shell.out


@pytest.mark.slow
def test_disguise_writes_a_model_that_is_proved_and_compared(shell: Shell) -> None:
    sizes = ["--vocab", "ab", "--max-length", "3"]
    assert shell("disguise", "hist", *sizes, "--level", "3", "--seed", "4", "-o", "hidden") == 0
    assert shell.out.startswith("hidden: 1 layer,")
    assert "disguise: rotate, permute, mix_heads, noise " in shell.out
    assert "seed 4" in shell.out
    assert shell("check", "hidden") == 0
    assert shell("verify", "hidden", "--program", "hist") == 0
    assert "equal on 14 sequences (every input)" in shell.out
    assert "weights: NOT compared: they are not the compiled ones, but disguised" in shell.out
    assert shell("disguise", "hidden", "--level", "1", "-o", "more") == 1
    assert "error[E460]" in shell.err
    assert not Path("more").exists()


def test_a_twin_is_trained_measured_and_saved(shell: Shell) -> None:
    line = ["twin", "hist", "--vocab", "ab", "--max-length", "3", "-o", "trained"]
    small = ["--steps", "2", "--d-model", "8", "--seeds", "2"]
    assert shell(*line, *small) == 0
    assert "2 twins of hist after 2 steps, measured on 3 inputs" in shell.out
    assert "circuit a0.h0, m0; beside it a0.h1, a0.h2, a0.h3" in shell.out
    assert "trained: 1 layer, 4 heads, d_model 8," in shell.out
    found = rasplab.load("trained")
    assert not found.certificate.exact
    assert "interchange accuracy" in dict(found.certificate.measurements)
    assert [c.variable for c in found.manifest.components] == ["hist", "categorical(hist)"]
    assert shell(*line, *small) == 1  # before it is trained once more
    assert "error[E503]" in shell.err
    assert shell(*line, *small, "--control", "--overwrite") == 0
    assert "2 controls of hist" in shell.out
    assert not rasplab.load("trained").manifest.components


def test_a_twin_that_cannot_be_is_refused(shell: Shell) -> None:
    line = ["twin", "hist", "--vocab", "ab", "--max-length", "3", "-o", "trained"]
    for wrong in (["--steps", "0"], ["--held-out", "1"], ["--layers", "0"], ["--seeds", "0"]):
        assert shell(*line, *wrong) == 1
        assert "error[E467]" in shell.err
    assert shell(*line[:-1], "nowhere/trained") == 1
    assert "error[E504]" in shell.err
    assert not Path("trained").exists()


@pytest.mark.slow  # each is proved
def test_parts_that_act_together_are_added_before_the_dials(shell: Shell) -> None:
    at = ("--vocab-size", "3", "--max-length", "3")
    assert shell("disguise", "sort", *at, "--back-up", "rank", "-o", "safe") == 0
    assert "disguise: rotate, permute, mix_heads, seed 0" in shell.out
    voted = ("--duplicate", "rank", "--readers", "majority", "--level", "1")
    assert shell("disguise", "sort", *at, *voted, "-o", "voted") == 0
    read = ("--beside", "hist", "--cancelled", "--no-rotate", "--no-mix-heads", "--no-permute")
    assert shell("disguise", "sort", *at, *read, "-o", "read") == 0
    assert shell("disguise", "sort", *at, *read, "--heads", "-o", "pair") == 0
    for name, added in (
        ("safe", "rank.backup"), ("voted", "rank.majority"), ("read", "beside1.hist"),
        ("pair", "beside1.categorical(hist).moved"),
    ):  # fmt: skip
        model = rasplab.load(name)
        assert model.certificate.exact
        assert added in [place.name for place in model.manifest.variables]
        assert model([3, 1, 2]) == [1, 2, 3]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (["--copies", "3"], "E463"),
        (["--copies", "0"], "E463"),
        (["--duplicate", "hist", "--copies", "0"], "E465"),
        (["--readers", "first"], "E463"),
        (["--cancelled"], "E463"),
        (["--beside", "hist", "--heads"], "E463"),
        (["--beside", "nothing"], "E403"),
        (["--duplicate", "nothing"], "E417"),
        (["--duplicate", "hist", "--copies", "1"], "E465"),
        (["--back-up", "hist"], "E490"),
    ],
)
def test_parts_that_make_no_sense_are_refused(asked: list[str], code: str, shell: Shell) -> None:
    assert shell("disguise", "hist", "--max-length", "3", *asked, "-o", "model") != 0
    assert f"error[{code}]" in shell.err
    assert not Path("model").exists()


def test_norms_can_show_the_stream(shell: Shell) -> None:
    line = ("disguise", "hist", "--vocab", "ab", "--max-length", "2", "--norm-share", "0.5")
    assert shell(*line, "--norm", "rms", "-o", "shown") == 0
    assert "rms norm beside " in shell.out
    assert shell(*line, "-o", "other") == 1
    assert "error[E463]" in shell.err
    assert not Path("other").exists()


QUICK = ("--steps", "5", "--seeds", "1", "--beam", "1")
"""Of maps that are trained, as briefly as possible."""


@pytest.mark.slow
def test_superposition_is_the_last_dial_and_is_measured(shell: Shell) -> None:
    line = ("disguise", "hist", "--vocab", "ab", "--max-length", "2", "-o", "small")
    assert shell(*line, "--superposed", "3", *QUICK, "--seed", "2") == 0
    assert "small: 1 layer, 1 head, d_model 3," in shell.out
    assert "disguise: permute, mix_heads, rotate, superposed, seed 2; measured" in shell.out
    found = rasplab.load("small")
    assert found.certificate.measured
    assert dict(found.certificate.measurements)["accuracy"] == 1
    assert shell("check", "small") == 1  # nothing is proved of it
    assert "NOT proved" in shell.out
    assert shell("verify", "small", "--program", "hist") == 0
    assert shell(*line, "--superposed", "3") == 1  # before anything is trained
    assert "error[E503]" in shell.err
    off = ("--no-rotate", "--no-permute", "--no-mix-heads", "--overwrite")
    assert shell(*line, "--superposed", "3", *QUICK, *off) == 0
    assert "disguise: superposed, seed 0" in shell.out


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (["--superposed", "0"], "E800"),
        (["--superposed", "99"], "E800"),
        (["--superposed", "3", "--steps", "0"], "E804"),
        (["--superposed", "3", "--seeds", "0"], "E804"),
        (["--superposed", "3", "--recipe", "paper", "--beam", "2"], "E804"),
        (["--superposed", "3", "--accuracy", "2"], "E463"),
        (["--superposed", "3", "--level", "1"], "E463"),
        (["--superposed", "3", "--norm", "rms"], "E463"),
        (["--superposed", "3", "--activation", "gelu"], "E463"),
        (["--superposed", "1", *QUICK], "E492"),
        (["--steps", "9"], "E463"),
        (["--accuracy", "0.5"], "E463"),
    ],
)
def test_superposition_that_makes_no_sense_is_refused(
    asked: list[str], code: str, shell: Shell
) -> None:
    sizes = ("--vocab", "ab", "--max-length", "2")
    assert shell("disguise", "hist", *sizes, *asked, "-o", "model") != 0
    assert f"error[{code}]" in shell.err
    assert not Path("model").exists()


def test_superposition_that_is_stopped_leaves_nothing(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rasplab.cli.progress._lines", lambda what, unit: stop)
    line = ("disguise", "hist", "--vocab", "ab", "--max-length", "2", "-o", "small")
    assert shell(*line, "--superposed", "3", *QUICK) == 130
    assert shell.err.splitlines()[-1] == "stopped"
    assert [path.name for path in Path().iterdir()] == ["my.py"]


@pytest.mark.slow
def test_dials_of_a_disguise_are_turned_one_by_one(shell: Shell) -> None:
    assert shell("compile", "hist", "--vocab", "ab", "--max-length", "3", "-o", "plain") == 0
    line = ["disguise", "plain", "-o", "hidden"]
    assert shell(*line, "--no-rotate", "--no-mix-heads", "--dtype", "float64") == 0
    assert "disguise: permute, seed 0" in shell.out
    assert "float64" in shell.out
    assert shell(*line) == 1
    assert "error[E503]" in shell.err
    assert shell(*line, "--overwrite", "--noise-share", "0.3", "--no-permute") == 0
    assert "disguise: rotate, mix_heads, noise " in shell.out
    for wrong, code in (
        (["--level", "1", "--no-rotate"], "E463]: --no-rotate makes"),
        (["--level", "6"], "E463"),
        (["--noise", "1"], "E461"),
        (["--noise", "1e-9", "--noise-share", "0.5"], "E463"),
        (["--causal"], "E804"),
    ):
        assert shell(*line, "--overwrite", *wrong) == 1, wrong
        assert f"error[{code}" in shell.err


@pytest.mark.slow
def test_a_soft_model_is_compiled_shown_and_compared_as_such(shell: Shell) -> None:
    line = ["compile", "hist", "--vocab", "ab", "--max-length", "3", "-o", "soft"]
    assert shell(*line, "--softness", "0.5") == 0
    assert shell("show", "soft") == 0
    assert "optimize=1, softness=0.5" in shell.out
    assert shell("verify", "soft", "--program", "hist") == 0
    assert "what this version compiles the program to, with the same certificate" in shell.out
    assert shell(*line, "--overwrite", "--softness", "1") == 1
    assert "error[E409]" in shell.err


def test_verify_says_with_which_library_program_to_compare(shell: Shell) -> None:
    assert shell("compile", "reverse", "--max-length", "6", "-o", "./reverse") == 0
    assert shell("verify", "reverse") == 0
    assert "--program reverse" in shell.out
    assert shell("verify", "reverse", "--program", "reverse", "--samples", "50") == 0
    assert "equal on 50 sequences (drawn inputs of every length)" in shell.out


@pytest.mark.everyday(2)
@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("my.py:reverse", "of a decision, as certified"),
        ("frac_prevs", "of a decision, as certified"),
        ("my.py:plain", "finite numbers"),
    ],
)
def test_verify_holds_the_outputs_against_the_certificate(
    shell: Shell, program: str, said: str
) -> None:
    line = ["compile", program, "--vocab", "0..3", "--max-length", "4", "-o", "model"]
    assert shell(*line) == 0
    assert shell("verify", "model") == 0
    assert said in shell.out


@pytest.mark.parametrize(
    ("array", "factor", "said"),
    [("unembed.W_U", 0.99, "NOT as certified"), ("embed.W_E", 1e38, "NOT finite")],
)
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_verify_finds_weights_that_do_not_decide(
    shell: Shell, array: str, factor: float, said: str
) -> None:
    model = rasplab.compile(programs.reverse(), vocab="abc", max_length=4)
    model.weights.arrays[array][:] *= factor
    model.save("model")
    assert shell("verify", "model") == 1
    assert said in shell.out


def test_verify_refuses_a_model_that_was_edited(shell: Shell) -> None:
    assert shell("compile", "reverse", "--max-length", "3", "-o", "./reverse") == 0
    weights = Path("reverse/model.safetensors")
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert shell("verify", "reverse") == 1
    assert "error[E502]" in shell.err


def test_verify_refuses_what_is_no_model(shell: Shell) -> None:
    assert shell("verify", ".") == 1
    assert "error[E501]" in shell.err


def test_draw_writes_the_flow_of_a_program(shell: Shell) -> None:
    assert shell("draw", "sort", "3 1 2", "-o", "flow.dot") == 0
    assert shell.out == "flow.dot\n"
    assert "cluster_2" in Path("flow.dot").read_text()
    assert shell("draw", "my.py:hist", "abca", "-o", "flow.gif") == 1
    assert "E506" in shell.err
    assert shell("draw", "sort", "3 1 2") == 2


def test_a_program_in_place_of_a_command_is_told_apart_from_a_typing_error(shell: Shell) -> None:
    for program in ("sort", "'shift(by=2)'", "my.py:mine"):
        assert shell(program.strip("'"), "3 1 2") == 2
        assert f"It is a program: `rasplab run {program} ...`.\n" in shell.err
    assert shell("explian", "E204") == 2
    assert "It is a program" not in shell.err


def test_view_writes_the_page_of_a_program_or_a_model(shell: Shell) -> None:
    assert shell("view", "sort", "-i", "3 1 2", "-o", "sort.html") == 0
    assert shell.out == "sort.html\n"
    assert "The values in increasing order" in Path("sort.html").read_text()
    assert shell("compile", "reverse", "--max-length", "3", "-o", "./reverse") == 0
    assert shell("view", "./reverse", "-o", "reverse.html") == 0
    assert "<title>reverse: " in Path("reverse.html").read_text()
    assert shell("view", "hist", "-i", "hello", "-o", "hist.html") == 0
    assert shell("view", "sort", "--vocab", "1..5", "-i", "3 zebra", "-o", "no.html") == 1
    assert "error[E404]" in shell.err
    assert shell("view", "sort", "-i", "", "-o", "no.html") == 1
    assert "error[E401]: the sequence is empty" in shell.err
    assert not Path("no.html").exists()
    assert shell("view", "sort") == 2


@pytest.mark.everyday(2)
@pytest.mark.parametrize("command", ["show", "plan", "trace", "view"])
def test_a_saved_model_is_not_compiled_again(shell: Shell, command: str) -> None:
    assert shell("compile", "reverse", "--max-length", "3", "-o", "saved") == 0
    rest = {"show": (), "trace": ("ab",)}.get(command, ("-o", "out.svg"))
    assert shell(command, "./saved", *rest, "--optimize", "1") == 1
    assert "--optimize makes no sense for a saved model" in shell.err


def test_every_command_that_compiles_takes_declared_inputs(shell: Shell) -> None:
    Path("p.py").write_text(
        "from rasplab.rasp import *\n"
        "place = aggregate(select(tokens, '=', '=='), indices)\nsquare = place * place\n"
    )
    for command in ("show", "plan -o plan.svg", "show --stage graph"):
        line = (*command.split(), "p.py:square", "--vocab", "ab=")
        assert shell(*line, "--inputs", "[ab]*=[ab]*") == 0, command
    assert shell("trace", "p.py:square", "ab=", "--inputs", "[ab]*=") == 0


def test_view_refuses_a_damaged_model(shell: Shell) -> None:
    assert shell("compile", "reverse", "--max-length", "3", "-o", "./reverse") == 0
    circuit = Path("reverse/circuit.json")
    circuit.write_text(circuit.read_text().replace("reverse", "esrever", 1))
    assert shell("view", "./reverse", "-o", "reverse.html") == 1
    assert "error[E502]" in shell.err


def test_show_of_a_library_program(shell: Shell) -> None:
    assert shell("show", "reverse", "--vocab-size", "3", "--max-length", "4") == 0
    for part in ("3 tokens: a b c", "at most 4", "head 0 (move)", "opposite", "certificate for"):
        assert part in shell.out


def test_show_prefers_a_library_program_to_a_directory_unless_it_is_a_path(shell: Shell) -> None:
    Path("sort").mkdir()
    assert shell("show", "sort") == 0
    assert shell("show", "./sort") == 1
    assert "error[E501]" in shell.err


def test_show_of_a_program_from_a_file(shell: Shell) -> None:
    assert shell("show", "my.py:hist", "--vocab", "a b") == 0


def test_explain_prints_the_page(shell: Shell) -> None:
    assert shell("explain", "E204") == 0
    assert shell.out.startswith("E204: an aggregate would average words\n")
    assert shell("explain", "E999") == 1
    assert "error[E412]" in shell.err


@pytest.mark.everyday(13)
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("run nosuch 1", "E403", "'nosuch'"),
        ("run histo 1", "E403", "did you mean 'hist'?"),
        ("run sort", "E401", "empty"),
        ("run sort( 1", "E104", "its parameters are keys, values"),
        ("run shift(nothing=1) 1", "E104", "unexpected keyword argument"),
        ("run shift(by=tokens) 1", "E104", "`tokens` is no plain value"),
        ("run shift()() 1", "E104", "`shift()()`"),
        ("run nosuch() 1", "E403", "'nosuch'"),
        ("run addition(base=11) 1", "E104", "11 is no base"),
        ("run missing.py:hist a", "E413", "'missing.py'"),
        ("run missing.py a", "E413", "'missing.py'"),
        ("run my.py:histo a", "E403", "did you mean my.py:hist?"),
        ("run my.py: a", "E403", "its programs are hist, first, words, plain"),
        ("run my.py a", "E403", "its programs are hist, first, words, plain"),
        ("run my.py:number a", "E406", "type int"),
        ("run my.py:same a", "E406", "selector_width"),
        ("run my.py:needs a", "E414", "missing 1 required positional argument"),
        ("run my.py:fails a", "E414", "KeyError: 'lost'"),
        ("run my.py:words a b", "E204", "my.py:6:9"),
        ("show my.py:hist", "E407", "my.py:hist needs a vocabulary"),
        ("show my.py:words --vocab 0..2 --max-length 0", "E408", "`max_length`"),
        ("show sort --vocab-size 0", "E415", "`sort`"),
    ],
)
def test_findings_are_on_stderr_with_exit_code_1(
    shell: Shell, arguments: str, code: str, said: str
) -> None:
    assert shell(*arguments.split()) == 1
    assert shell.err.startswith(f"error[{code}]: ")
    assert said in shell.err
    assert not shell.out


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\ny = x + z\n", "broken.py:2:9"),
        ("y = indices + 1\n", "`from rasplab.rasp import indices`"),
        ("x = (1\n", "SyntaxError"),
        ("x = 1\0\n", "null bytes"),
        ("import nosuchmodule\n", "No module named 'nosuchmodule'"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("open('/nosuch/file')\n", "FileNotFoundError"),
        ("import other\n", "ZeroDivisionError"),
    ],
)
def test_a_file_that_fails_is_reported_without_a_traceback(
    shell: Shell, source: str, said: str
) -> None:
    Path("broken.py").write_text(source)
    Path("other.py").write_text("1 / 0\n")
    assert shell("run", "broken.py:y", "a") == 1
    assert shell.err.startswith("error[E414]: 'broken.py' cannot be run\n")
    assert said in shell.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("view sort", "`rasplab view` needs the option --out."),
        ("view", "`rasplab view` needs PROGRAM."),
        ("view sort --out", "--out requires an argument."),
        ("view sort --uot x.html", "Unknown option: --uot. Did you mean --out?"),
        ("compile sort --softnes 0.5 --out x", "Did you mean --softness?"),
        ("compile sort -x 3 --max-length 5", "Unknown option: -x."),
    ],
)
def test_what_is_missing_on_the_command_line_is_named(
    shell: Shell, arguments: str, said: str
) -> None:
    assert shell(*arguments.split()) == 2
    assert said in shell.err


def test_a_mistake_in_a_program_is_reported_as_what_it_is(shell: Shell) -> None:
    Path("mistake.py").write_text("from rasplab.rasp import tokens\nx = tokens and 1\n")
    assert shell("run", "mistake.py:x", "a") == 1
    assert shell.err.startswith("error[E101]: ")
    assert "mistake.py:2:5" in shell.err


def test_a_file_may_import_from_its_own_directory(shell: Shell) -> None:
    Path("sub").mkdir()
    Path("sub/shared.py").write_text("from rasplab.rasp import tokens\n")
    Path("sub/main.py").write_text("from shared import tokens\ntwice = tokens + tokens\n")
    assert shell("run", "sub/main.py:twice", "1", "2") == 0
    assert shell.rows()["program"] == ["2", "4"]


STDLIB = ("json", "inspect", "random", "csv", "difflib", "numpy")


@pytest.mark.slow
def test_a_file_beside_a_program_does_not_stand_for_the_standard_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In processes of their own: here everything has been imported already."""
    monkeypatch.chdir(tmp_path)
    for name in STDLIB:
        Path(f"{name}.py").write_text("raise ImportError('not the one that was meant')\n")
    Path("words.py").write_text("import json\nfrom rasplab.rasp import tokens\njson.dumps([])\n")
    Path("main.py").write_text("import random\nfrom words import tokens\ntwice = tokens + tokens\n")
    source = str(Path(rasplab.__file__).parents[1])
    script = f"import sys; sys.path[0] = {source!r}; from rasplab.cli import main; sys.exit(main())"
    for command in ("run main.py:twice 1", "compile main.py:twice --vocab 1,2 --max-length 2 -o x"):
        found = subprocess.run(
            [sys.executable, "-c", script, *command.split()],
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 0, found.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "nosuch",
        "run",
        "run sort 1 --nosuch",
        "compile sort",
        "compile sort --max-length 3",
        "compile sort --max-length three -o x",
        "compile sort --max-length 3 -o x --optimize 7",
        "compile sort --max-length 3 -o x --dtype int8",
        "explain",
        "explain E204 E205",
        "verify",
        "verify x --samples many",
    ],
)
def test_a_command_line_without_sense_is_exit_code_2(shell: Shell, arguments: str) -> None:
    assert shell(*arguments.split()) == 2
    assert shell.err.startswith("error: ")
    assert "--help`" in shell.err
    assert not shell.out


class Interrupting:
    """Loading a module is where Ctrl-C comes."""

    def __init__(self, module: str) -> None:
        self.module = module

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == self.module:
            raise KeyboardInterrupt


def test_ctrl_c_ends_a_command_without_a_traceback(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rasplab.model.Model.save", stop)
    given = ("compile", "reverse", "--vocab", "ab", "--max-length", "3", "-o", "model")
    assert shell(*given) == 130
    assert shell.err.splitlines()[-1] == "stopped"


PRESSED = """
import os, signal, sys

class Pressing:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
sys.meta_path.insert(0, Pressing())
from rasplab.cli import main
sys.exit(main(["list"]))
"""


@pytest.mark.parametrize("module", ["rasplab.rasp", "numpy"])
def test_ctrl_c_while_rasplab_itself_is_loaded_is_no_traceback(module: str) -> None:
    given = [sys.executable, "-c", PRESSED.format(module=module)]
    ended = subprocess.run(given, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "stopped\n")


@pytest.mark.parametrize("module", ["cyclopts", "rasplab.cli.commands"])
def test_ctrl_c_while_modules_are_loaded_is_no_traceback_either(
    module: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "meta_path", [Interrupting(module), *sys.meta_path])
    package, _, name = module.rpartition(".")
    monkeypatch.delitem(sys.modules, module, raising=False)
    if package:
        monkeypatch.delattr(sys.modules[package], name, raising=False)
    assert shell("list") == 130
    assert shell.err == "stopped\n"

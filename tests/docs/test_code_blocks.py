"""Every Python block of the README and the documentation runs, page by page."""

import traceback
from pathlib import Path
from typing import Any

import pytest

from tests.docs.code_blocks import Block, python_blocks, run_page, with_blank_lines

ROOT = Path(__file__).resolve().parents[2]
PAGES = [p for p in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))) if p.exists()]

SLOW = (
    "docs/checkpoints.md",  # loads what other tools need
    "docs/grafts.md",
    "docs/tools/",
    "docs/errors.md",  # its examples are those of the catalogue, each of which is run every day
)


def _parameter(page: Path) -> Any:
    name = page.relative_to(ROOT).as_posix()
    foreign = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
    return pytest.param(page, id=name, marks=foreign if name.startswith(SLOW) else [])


PAGE = """\
# A page

```python
x = 1
```

<!-- skip: needs an accelerator -->

```python
raise SystemExit
```

```console
$ rasplab --help
```

1. In a list:

    ```python title="next"
    y = x + 1
    ```

````markdown
```python
shown, not run
```
````

```pycon
>>> y
2
```
"""


@pytest.fixture
def backward(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page does to PyTorch ends with it: nnsight puts a `backward` of its own there.

    That reads the source of whoever calls it, which the blocks of a page do not have.
    """
    import torch

    monkeypatch.setattr(torch.Tensor, "backward", torch.Tensor.backward)


@pytest.mark.everyday(6)
@pytest.mark.parametrize("page", [_parameter(page) for page in PAGES])
@pytest.mark.usefixtures("backward")
def test_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(page)


def test_python_blocks_are_found_and_skipped_ones_are_not() -> None:
    assert python_blocks(PAGE) == (
        Block("x = 1", 4),
        Block("y = x + 1", 20),
        Block(">>> y\n2", 30),
    )


def test_blocks_of_a_page_share_a_namespace(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE)
    run_page(tmp_path / "page.md")


def test_a_skip_without_a_reason_is_no_skip() -> None:
    assert python_blocks("<!-- skip: -->\n```python\nx\n```") == (Block("x", 3),)


def test_a_failing_block_is_reported_at_its_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("text\n\n```python\nx = 1\nx / 0\n```\n")
    with pytest.raises(ZeroDivisionError) as caught:
        run_page(page)
    place = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (place.filename, place.lineno, place.line) == (str(page), 5, "x / 0")


def test_an_example_with_another_result_fails(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\n>>> 1 + 1\n3\n```\n")
    with pytest.raises(AssertionError, match=r"(?s)line 2.*Expected:\s+3\s+Got:\s+2"):
        run_page(page)


def test_an_output_may_have_empty_lines(tmp_path: Path) -> None:
    text = ">>> print('a\\n\\nb')\na\n\n{}\n\n>>> 1\n1\n"
    assert with_blank_lines(text.format("b")) == text.format("b").replace(
        "\n\nb", "\n<BLANKLINE>\nb"
    )
    page = tmp_path / "page.md"
    page.write_text(f"```python\n{text.format('b')}```\n")
    run_page(page)
    page.write_text(f"```python\n{text.format('c')}```\n")
    with pytest.raises(AssertionError):
        run_page(page)


def test_the_settings_of_the_site_say_everything_once() -> None:
    lines = (ROOT / "mkdocs.yml").read_text("utf-8").splitlines()
    keys = [line.partition(":")[0] for line in lines if line[:1].isalpha()]
    assert len(keys) == len(set(keys)), "of two equal keys MkDocs reads the last"

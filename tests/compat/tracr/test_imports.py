"""What only Tracr has is explained by whichever form of `import` asks for it."""

import pytest

from rasplab.compat.tracr import install

ABSENT = [
    "compiler.craft_graph_to_model",
    "compiler.expr_to_craft_graph",
    "craft.chamber",
    "craft.chamber.selector_width",
    "transformer.attention",
    "transformer.compressed_model",
    "utils",
    "utils.errors",
]
FORMS = [
    "import {module}",
    "import {module} as it",
    "from {module} import anything",
    "from {package} import {last}",
    "import importlib; importlib.import_module('{module}')",
    "__import__('{module}')",
]


@pytest.mark.parametrize("root", ["tracr", "rasplab.compat.tracr"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ABSENT)
def test_what_is_not_here_is_explained_in_every_form(name: str, form: str, root: str) -> None:
    install()
    module = f"{root}.{name}"
    package, _, last = module.rpartition(".")
    with pytest.raises(ImportError, match=r"rasplab\.compat\.tracr has no `tracr\.\S+`: .*not|no"):
        exec(form.format(module=module, package=package, last=last))


@pytest.mark.parametrize("root", ["tracr", "rasplab.compat.tracr"])
@pytest.mark.parametrize(
    "name",
    [
        "compiler.craft_model_to_transformer.craft_model_to_transformer",
        "compiler.assemble.EmbeddingModules",
        "transformer.model.Transformer",
        "compiler.validating.DynamicValidationEvaluator",
    ],
)
def test_names_that_are_not_here_are_explained_too(name: str, root: str) -> None:
    install()
    module, _, last = f"{root}.{name}".rpartition(".")
    with pytest.raises(ImportError, match=r"rasplab\.compat\.tracr has no"):
        exec(f"from {module} import {last}")
    with pytest.raises(ImportError, match="cannot import name 'nonsense'"):
        exec(f"from {module} import nonsense")


def test_other_imports_are_left_alone() -> None:
    install()
    with pytest.raises(ModuleNotFoundError, match="nonsense"):
        exec("import tracr.compiler.nonsense")
    with pytest.raises(ModuleNotFoundError, match="utils_of_nobody"):
        exec("import utils_of_nobody")

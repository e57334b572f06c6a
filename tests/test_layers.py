"""What the code keeps to, read from the code: who imports whom, and what nobody does."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Each may import itself and what stands before it.
LAYERS = ("tenancy", "billing", "console")
SCREENS = ("django.contrib.admin", "unfold", "import_export")
FORBIDDEN_NAMES = {"utils", "util", "helpers", "misc", "common"}
SIGNALS = {"pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed"}


def modules(*apps: str) -> list[Path]:
    return sorted(path for app in apps for path in (ROOT / app).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def names(path: Path) -> set[str]:
    nodes = ast.walk(tree(path))
    return {
        getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
        for node in nodes
    }


def belongs(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("layer", LAYERS)
def test_no_layer_knows_the_one_above_it(layer: str) -> None:
    above = LAYERS[LAYERS.index(layer) + 1 :]

    assert [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in modules(layer)
        for module in imports(path)
        if any(belongs(module, other) for other in above)
    ] == []


def test_the_layers_are_there() -> None:
    assert all(len(modules(layer)) > 5 for layer in LAYERS)


def test_only_the_console_has_screens() -> None:
    assert [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in modules("tenancy", "billing")
        for module in imports(path)
        if any(belongs(module, screen) for screen in SCREENS)
    ] == []


def test_nothing_in_the_product_imports_its_tests_or_its_tools() -> None:
    assert [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in modules(*LAYERS)
        for module in imports(path)
        if belongs(module, "tests")
    ] == []


def test_no_module_is_called_after_nothing() -> None:
    assert [path for path in modules(*LAYERS) if path.stem in FORBIDDEN_NAMES] == []


def test_nobody_uses_signals() -> None:
    assert [
        path
        for path in modules(*LAYERS)
        if any(belongs(module, "django.dispatch") for module in imports(path))
        or names(path) & SIGNALS
    ] == []


def test_no_model_overrides_save_or_delete() -> None:
    assert [
        f"{path.relative_to(ROOT)}: {model.name}.{function.name}"
        for path in modules(*LAYERS)
        if "models" in path.parts
        for model in ast.walk(tree(path))
        if isinstance(model, ast.ClassDef) and not model.name.endswith("QuerySet")
        for function in model.body
        if isinstance(function, ast.FunctionDef) and function.name in ("save", "delete")
    ] == []


def test_nobody_marks_text_as_safe() -> None:
    assert [path for path in modules(*LAYERS) if "mark_safe" in names(path)] == []


def test_services_take_who_and_why_without_defaults() -> None:
    def defaulted(function: ast.FunctionDef) -> set[str]:
        arguments = function.args
        pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        return {argument.arg for argument, default in pairs if default is not None}

    # `post` stands below the verbs: a deduction has nobody and needs no reason.
    assert [
        f"{path.relative_to(ROOT)}: {function.name}"
        for path in modules("tenancy/services", "billing/services")
        for function in tree(path).body
        if isinstance(function, ast.FunctionDef)
        if defaulted(function) & {"by", "reason", "now"} and function.name != "post"
    ] == []

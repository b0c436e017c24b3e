"""The folder tree tells the way of the data: each part imports only from those above it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "lingweave"
ORDER = [
    "corpus",
    "alignment",
    "codeswitch",
    "encoder",
    "objectives",
    "training",
    "tasks",
    "evaluation",
    "config",
    "study",
    "report",
    "cli",
]
FREE_FOR_ALL = {"errors"}
FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and the part (`corpus`, …) of each import of lingweave, wherever it stands."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            module = node.module or ""
            names = (
                [f"{module}.{alias.name}" for alias in node.names]
                if module == "lingweave"
                else [module]
            )
        for name in names:
            parts = name.split(".")
            if parts[0] == "lingweave" and len(parts) > 1 and not parts[1].startswith("__"):
                yield node.lineno, parts[1]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_part_imports_only_from_the_parts_above_it(file):
    part = part_of(file)
    if part in {"__init__", "__main__"}:
        pytest.skip("the package's door opens to all parts")
    for line, imported in imported_parts(ast.parse(file.read_text(encoding="utf-8"))):
        if imported in FREE_FOR_ALL:
            continue
        assert part not in FREE_FOR_ALL, f"{file}:{line}: errors import nothing of ours"
        assert part in ORDER, f"{file} stands in no known part"
        assert imported in ORDER, f"{file}:{line}: {imported} is no known part"
        assert ORDER.index(imported) <= ORDER.index(part), (
            f"{file}:{line}: {part} imports from {imported}, which is below it"
        )


def test_every_package_says_what_comes_in_and_what_goes_out():
    for file in FILES:
        if file.name == "__init__.py":
            docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
            assert docstring, f"{file} has no docstring"


def test_files_stay_readable_in_one_sitting():
    for file in FILES:
        num_lines = len(file.read_text(encoding="utf-8").splitlines())
        assert num_lines <= 400, f"{file} has {num_lines} lines"

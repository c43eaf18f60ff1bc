"""The house keeps its plan: who may import whom, that everything public is explained, and that files stay small."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("search", "catalog", "demo", "eval", "training")
LOADER = "catalog_loader"
#: The two doors: they may open any room, but no room imports them.
DOORS = ("search.app", "search.cli")
GROUND_FLOOR = (
    "search.types",
    "search.errors",
    "search.settings",
    "search.settings.personal",
    "search.settings.words",
    "search.text",
)
MOST_LINES = 400

SOURCES = sorted([path for name in PACKAGES for path in (ROOT / name).rglob("*.py")] + [ROOT / f"{LOADER}.py"])


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in SOURCES}


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(module):
    """Modules that a module imports anywhere, inside functions and for types too."""
    found = set()
    for node in ast.walk(tree_of(MODULES[module])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys() or {node.module}
    return frozenset(found)


def inside(module, room):
    return module == room or module.startswith(room + ".")


def breaches(of, never, but=()):
    """Imports of a room that are not allowed: "search.a -> eval.b"."""
    return [
        f"{module} -> {imported}"
        for module in MODULES
        if any(inside(module, room) for room in of) and module not in but
        for imported in sorted(imports_of(module))
        if any(inside(imported, room) for room in never)
    ]


@pytest.mark.parametrize(
    ("of", "never", "but"),
    [
        (["search"], ["eval", "training"], []),
        (["eval", "demo", "catalog"], ["training"], []),
        (["search"], [LOADER, "catalog", "demo"], ["search.cli"]),
        (["search"], ["tests"], []),
        (["search"], DOORS, [*DOORS, "search.__main__"]),
        (["search.rerank"], ["search.index", "search.profiles", "search.api", "search.pipeline"], []),
        (["search.index"], ["search.profiles", "search.rerank", "search.api", "search.pipeline"], []),
        (["search.understand"], ["search.index", "search.rerank", "search.profiles", "search.api"], []),
        (["search.spelling", "search.encoder"], ["search.index", "search.rerank", "search.profiles", "search.api"], []),
        (["search.formats"], ["search.index", "search.rerank", "search.profiles", "search.api", "search.pipeline"], []),
        (["search.kernels"], ["search.index", "search.types", "search.rerank", "search.pipeline"], []),
        (["search.profiles"], ["search.index", "search.rerank", "search.api", "search.pipeline"], []),
        (
            ["search.pipeline", "search.retrieval", "search.answer"],
            ["search.api", "search.service", "starlette"],
            [],
        ),
        (["search.words"], ["search.index", "search.understand", "search.lists", "search.answer", "search.rerank"], []),
        (
            ["search.lists"],
            ["search.index", "search.answer", "search.understand", "search.pipeline", "search.api", "search.rerank"],
            [],
        ),
        (["search.personal"], ["search.service", "search.api", "starlette"], []),
        (["search.learned"], ["search.personal", "search.service", "search.api", "starlette"], []),
        (["search.answer"], ["search.pipeline", "search.terminal", "search.profiles"], []),
        (["catalog", LOADER], ["search.index", "search.api", "search.rerank", "demo", "eval"], []),
        (["eval"], ["search.api"], []),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else None,
)
def test_no_room_imports_what_is_none_of_its_business(of, never, but):
    assert breaches(of, never, but) == []


@pytest.mark.parametrize("module", GROUND_FLOOR)
def test_the_ground_floor_imports_nothing_above_it(module):
    own = {name for name in imports_of(module) if name.split(".")[0] in (*PACKAGES, LOADER)}
    assert all(any(inside(name, floor) for floor in GROUND_FLOOR) for name in own)


def test_only_one_room_knows_torch():
    knowing = {module for module in MODULES if any(inside(name, "torch") for name in imports_of(module))}
    assert {module for module in knowing if module.startswith("search")} <= {
        "search.embed",
        "search.encoder.shop_module",
        "search.encoder.use_multilingual",
    }


def test_nothing_unpickles():
    # what goes to a process of the server's own, through a pipe that nobody else has, comes from no file and no client
    for module in MODULES.keys() - {"search.workers.parcels"}:
        assert not imports_of(module) & {"pickle", "shelve", "marshal", "joblib", "dill"}, module
        assert "allow_pickle=True" not in MODULES[module].read_text(encoding="utf-8"), module


def test_no_circle_of_imports_between_modules():
    done: set[str] = set()

    def walk(module, path):
        assert module not in path, " -> ".join([*path, module])
        if module not in done:
            for imported in imports_at_the_top(module):
                walk(imported, (*path, module))
            done.add(module)

    for module in MODULES:
        walk(module, ())


def imports_at_the_top(module):
    names = set()
    for node in tree_of(MODULES[module]).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return (names & MODULES.keys()) - {module}


def public_parts(body, prefix=""):
    """Public functions, classes and methods of a module, with their names; what is nested in functions is private."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_parts(node.body, f"{prefix}{node.name}.")


def overrides(node):
    """A method of a library's class is explained there."""
    return any(isinstance(mark, ast.Name) and mark.id in ("override", "overload") for mark in node.decorator_list)


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_is_explained(module):
    tree = tree_of(MODULES[module])
    assert ast.get_docstring(tree) or not tree.body, f"{module} has no docstring"
    silent = [name for name, node in public_parts(tree.body) if not ast.get_docstring(node) and not overrides(node)]
    assert silent == []


@pytest.mark.parametrize("module", MODULES)
def test_no_file_is_too_long(module):
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= MOST_LINES

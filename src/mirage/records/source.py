"""The source of one module, reduced to what computes numbers under given settings.

Left out are comments, docstrings and layout; imports of names that are not used; whatever only declares or checks
settings, as their values count by themselves; branches that settings which are off never enter; and, for records, what
is marked as a law's truth. So a new setting that is off, with its declaration and its ``if settings.new:``, leaves the
reduced source of a module as it was.
"""

import ast
import functools
import hashlib
import importlib.util
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mirage.settings import ConfigError

PACKAGE = "mirage"
ROOT = Path(__file__).parents[1]  # the folder of the package


def _state(file: Path) -> tuple[int, int]:
    """Time of change and size of a file."""
    status = file.stat()
    return status.st_mtime_ns, status.st_size


AT_START = {file: _state(file) for file in ROOT.rglob("*.py")}
# Names that stand for settings everywhere; classes derived from them are found in the code.
SETTINGS = frozenset({"Settings", "Block", "Stages", "Arm"})
CHECKS = frozenset({"field_validator", "model_validator"})
TRUTH = frozenset({"truth"})  # the mark of `mirage.data.truth`


@dataclass(frozen=True)
class Scan:
    """A module at large: all that it may import, the words in it, and its classes.

    `imports` are dotted names; `classes` maps a class to its bases and its fields that are off by default.
    """

    imports: frozenset[str]
    words: frozenset[str]
    classes: dict[str, tuple[frozenset[str], frozenset[str]]]


@dataclass(frozen=True)
class Reduced:
    """What is left of a module: a hash of its code, and the dotted names that this code imports."""

    digest: str
    imports: frozenset[str]


def file_of(module: str) -> Path:
    """The file of a module, ours or one that a user's block stands in.

    Raises
    ------
    ValueError
        If there is none, as for what was typed into an interpreter: nobody could tell when it changes.
    """
    if module.split(".")[0] == PACKAGE:
        file: Path | None = _inside(module, ".py")
    else:
        stated = getattr(sys.modules.get(module), "__file__", None)
        file = Path(stated) if stated else None
    if file is None or not file.is_file():
        raise ValueError(f"{module}: its source is in no file, so records made with it could not be told apart")
    return file


def _inside(module: str, rest: str) -> Path:
    """A path in the package's folder."""
    return ROOT.joinpath(*module.split(".")[1:-1], module.split(".")[-1] + rest)


def ours(name: str) -> str | None:
    """The module of ours that a dotted name is, or is from; None for a folder's table and for what is not ours.

    A name that a package's ``__init__`` imports from a module is followed to that module.
    """
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return None
    for end in range(len(parts), 1, -1):
        module = ".".join(parts[:end])
        if _inside(module, ".py").is_file():
            return module
        table = ROOT.joinpath(*parts[1:end], "__init__.py")
        if table.is_file():
            if end == len(parts):
                return None
            found = {bound: dotted for _, bound, dotted in _imported(ast.walk(ast.parse(_text(table))), module, True)}
            return ours(found[parts[end]]) if parts[end] in found else None
    return None


def _text(file: Path) -> str:
    """The text of a file, which must still be the one that this process runs.

    Raises
    ------
    ConfigError
        If it was changed since: records would be named by code that did not make them.
    """
    _check_unchanged(file)
    return file.read_text(encoding="utf-8")


def check_unchanged() -> None:
    """Raise ConfigError if any file of the package was changed since this process began.

    Modules that train are imported when something is trained: changed by then, they would run under an old name.
    """
    for file in AT_START:
        _check_unchanged(file)


def _check_unchanged(file: Path) -> None:
    if file in AT_START and (not file.exists() or _state(file) != AT_START[file]):
        raise ConfigError(f"{file}: got code that was changed since this process began, expected the same: start again")


@functools.cache
def scan(module: str) -> Scan:
    """Look at a whole module, whatever the settings."""
    nodes = list(ast.walk(_Plain().visit(ast.parse(_text(file_of(module))))))
    words: set[str] = set()
    classes = {}
    for node in nodes:
        if isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.Attribute):
            words.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):  # an annotation may be a string
            words.add(node.value)
        elif isinstance(node, ast.ClassDef):
            words.add(node.name)
            off = {f.target.id for f in node.body if isinstance(f, ast.AnnAssign) and _is_off(f)}  # type: ignore[union-attr]
            classes[node.name] = frozenset(filter(None, map(_last, node.bases))), frozenset(off)
    return Scan(frozenset(dotted for _, _, dotted in _imported(nodes, module)), frozenset(words), classes)


def _is_off(field: ast.AnnAssign) -> bool:
    """Whether a declaration has a default, one that an ``if`` takes for false: the word "none" it does not."""
    if field.value is None or not isinstance(field.target, ast.Name) or _is_of_class(field):
        return False
    return not any(isinstance(node, ast.Constant) and node.value == "none" for node in ast.walk(field.value))


def _is_of_class(field: ast.AnnAssign) -> bool:
    """Whether a declaration is of a ClassVar, which is code and no setting."""
    outer = field.annotation.value if isinstance(field.annotation, ast.Subscript) else field.annotation
    return _last(outer) == "ClassVar"


def _last(node: ast.AST) -> str:
    """The last part of a dotted name; nothing of another expression."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _root(node: ast.expr) -> str:
    """The first part of a dotted name; nothing of another expression."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _imported(nodes: Iterable[ast.AST], module: str, package: bool = False) -> Iterator[tuple[ast.stmt, str, str]]:
    """The import statements among nodes, with each name that they bind and the dotted name it stands for."""
    home = module if package else module.rpartition(".")[0]
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.asname or alias.name.split(".")[0], alias.name
        elif isinstance(node, ast.ImportFrom):
            whence = "." * node.level + (node.module or "")
            origin = importlib.util.resolve_name(whence, home) if node.level else whence
            for alias in node.names:
                yield node, alias.asname or alias.name, f"{origin}.{alias.name}"


class _Plain(ast.NodeTransformer):
    """Takes out what never runs: texts that stand alone, ``__all__``, and imports for the type checker."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """No docstring."""
        return None if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str) else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        """No list of what is public."""
        return None if _last(node.targets[0]) == "__all__" else self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """No ``if TYPE_CHECKING:``."""
        self.generic_visit(node)
        return node.orelse if _last(node.test) == "TYPE_CHECKING" else node


class _Off(ast.NodeTransformer):
    """Takes out declarations and checks of settings, and branches on settings that are off.

    Only ``settings.X``, where `settings` is known to be settings: ``self`` in a class of settings, a parameter that is
    annotated with one, or a name for a part of these (``training = arm.training``). An attribute of something else that
    happens to have the name of a setting is left alone.
    """

    def __init__(self, off: frozenset[str], kinds: frozenset[str], unread: frozenset[str]) -> None:
        self.off, self.kinds, self.unread = off, kinds, unread
        self.known: tuple[str, ...] = ()  # names of settings where we are
        self.inside: str | None = None

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Of a class of settings, what computes."""
        outside, self.inside = self.inside, node.name
        if node.name in self.kinds:
            node.body = [part for part in node.body if not _declares(part, self.unread)]
        self.generic_visit(node)
        self.inside = outside
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A function, whose parameters may be settings."""
        before = self.known
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        own = {a.arg for a in arguments if a.annotation is not None and self._are_settings(a.annotation)}
        if self.inside in self.kinds and arguments and arguments[0].arg == "self":
            own.add("self")
        hidden = {a.arg for a in arguments} - own
        self.known = (*(name for name in before if name not in hidden), *own)
        self._learn_parts(node)
        inside, self.inside = self.inside, None
        self.generic_visit(node)
        self.known, self.inside = before, inside
        return node

    def _learn_parts(self, node: ast.FunctionDef) -> None:
        """Know the names that a function gives to parts of settings, and to nothing else."""
        if not self.known:
            return
        bound = Counter(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        for part in ast.walk(node):
            if (
                isinstance(part, ast.Assign)
                and isinstance(part.value, ast.Attribute)
                and _root(part.value) in self.known
            ):
                name = _root(part.targets[0])
                if isinstance(part.targets[0], ast.Name) and bound[name] == 1:
                    self.known = (*self.known, name)

    def _are_settings(self, annotation: ast.expr) -> bool:
        return any(
            _last(node) in self.kinds or (isinstance(node, ast.Constant) and node.value in self.kinds)
            for node in ast.walk(annotation)
        )

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """The branch that is taken, where an off setting decides it."""
        self.generic_visit(node)
        taken = self._taken(node.test)
        return node if taken is None else node.body if taken else node.orelse

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """The expression that is taken, where an off setting decides it."""
        self.generic_visit(node)
        taken = self._taken(node.test)
        return node if taken is None else node.body if taken else node.orelse

    def _taken(self, test: ast.expr) -> bool | None:
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self._taken(test.operand)
            return None if inner is None else not inner
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):  # an `and` stays: records are named by some
            return False if all(self._taken(part) is False for part in test.values) else None
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is | ast.IsNot):
            [other], left = test.comparators, self._taken(test.left)  # a setting that is asked for None is off by it
            of_none = isinstance(other, ast.Constant) and other.value is None
            return None if left is None or not of_none else isinstance(test.ops[0], ast.Is)
        if not (isinstance(test, ast.Attribute) and test.attr in self.off):
            return None
        return False if _root(test) in self.known else None


def _declares(part: ast.stmt, unread: frozenset[str]) -> bool:
    """Whether a part of a class of settings declares or checks them, or has a mark in `unread`.

    The values that pass the checks count by themselves.
    """
    if isinstance(part, ast.AnnAssign):
        return not _is_of_class(part)
    decorators = part.decorator_list if isinstance(part, ast.FunctionDef) else []
    return any(_last(d.func if isinstance(d, ast.Call) else d) in CHECKS | unread for d in decorators)


@functools.cache
def reduced(module: str, off: frozenset[str], kinds: frozenset[str], unread: frozenset[str] = TRUTH) -> Reduced:
    """What is left of a module where the settings named in `off` are off; `kinds` are the classes of settings.

    Methods with a mark in `unread` are left out.
    """
    tree = _Plain().visit(ast.parse(_text(file_of(module))))
    if kinds:  # where nothing names settings there is nothing to take out
        tree = _Off(off, kinds, unread).visit(tree)
    nodes = list(ast.walk(tree))
    statements = list(_imported(nodes, module))
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    # `as` may change what a name stands for, so the names in use count; where they are imported does not.
    names = sorted({(bound, dotted) for _, bound, dotted in statements if bound in used})
    gone = {id(statement) for statement, _, _ in statements}
    for node in nodes:
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if id(part) not in gone] or [ast.Pass()]  # type: ignore[attr-defined]
            for field in ("orelse", "finalbody"):
                if isinstance(rest := getattr(node, field, None), list):
                    setattr(node, field, [part for part in rest if id(part) not in gone])
    code = ast.unparse(tree) + "\n" + "\n".join(map(" ".join, names))
    return Reduced(hashlib.sha256(code.encode()).hexdigest(), frozenset(dotted for _, dotted in names))

"""Finding, in source code, where events are read without asking for consent."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TABLE = re.compile(r"(?<![\w.])profiles_event\b")
RELATION = re.compile(r"^(?:\w+__)?events?__\w+|^\w+__events?$")
ASKS = "consented"
FIELDS = {"ForeignKey", "OneToOneField", "ManyToManyField"}
HARMLESS = {"create", "bulk_create", "none", "DoesNotExist"}
LOOKUPS = {
    *("filter", "exclude", "get", "annotate", "aggregate", "alias", "order_by", "values", "values_list", "only"),
    *("defer", "select_related", "prefetch_related", "distinct", "Q", "F", "Count", "Sum", "Avg", "Min", "Max"),
    *("OuterRef", "Prefetch", "FilteredRelation", "ArrayAgg"),
}
OF_RELATIONS = {"Count", "Prefetch", "prefetch_related", "FilteredRelation"}
QUESTIONS = {
    *("all", "filter", "exclude", "get", "first", "last", "latest", "earliest", "count", "exists", "aggregate"),
    *("annotate", "alias", "order_by", "values", "values_list", "only", "defer", "distinct", "iterator", "in_bulk"),
    *("select_related", "of_type", "engaging", "cleaned", "using", "raw"),
}


@dataclass(frozen=True)
class Read:
    """Events read at a line, within a function or class (`""` at the top of a module), with the words that do it."""

    file: str
    place: str
    line: int
    words: str

    @property
    def name(self) -> str:
        """Where it is, as a list of exceptions names it."""
        return f"{self.file}:{self.place}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.place or 'the module'}: {self.words}"


def reads_around_consent(source: str, file: str) -> list[Read]:
    """Where a module reads events and does not go through `consented(…)` in the same expression.

    Found are the model itself, however it was imported; the relations that lead to events, from an object or within a
    lookup; and the table's name in SQL.
    """
    tree = ast.parse(source)
    finder = _Finder(file, set(_names_of_the_model(tree)))
    finder.visit(tree)
    return sorted(finder.found, key=lambda read: read.line)


def reads_in(folder: Path, root: Path) -> Iterator[Read]:
    """The same of all modules below a folder; files are named as seen from `root`."""
    for path in sorted(folder.rglob("*.py")):
        if "migrations" not in path.parts:
            yield from reads_around_consent(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())


def _names_of_the_model(tree: ast.Module) -> Iterator[str]:
    """By which names a module knows the model `Event`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("profiles"):
            for each in node.names:
                if each.name == "Event":
                    yield each.asname or each.name
        elif isinstance(node, ast.ClassDef) and node.name == "Event" and node.bases:
            yield node.name


class _Finder(ast.NodeVisitor):
    """Walks a module, knowing what stands around each node."""

    def __init__(self, file: str, names: set[str]) -> None:
        self.file, self.names = file, names
        self.found: list[Read] = []
        self._around: list[ast.AST] = []

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and node.id in self.names:
            self._model(node)
        elif isinstance(node, ast.Attribute):
            self._attribute(node)
        elif isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            self._text(node, node.value)
        self._around.append(node)
        self._visit_parts(node)
        self._around.pop()

    def _visit_parts(self, node: ast.AST) -> None:
        """All parts but types, which read nothing."""
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns"):
                continue
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.AST):
                    self.visit(part)

    def _model(self, node: ast.expr) -> None:
        """The model is named: to be asked for consent, to be written, made or pointed at, or else to be read."""
        chain, above = self._chain(node), self._around[-1]
        is_made = isinstance(above, ast.Call) and above.func is node
        is_relation = isinstance(above, ast.Call) and ast.unparse(above.func).split(".")[-1] in FIELDS
        is_type = isinstance(above, ast.Subscript)
        if not (is_made or is_relation or is_type or ASKS in chain or HARMLESS & set(chain[:2])):
            self._note(node)

    def _attribute(self, node: ast.Attribute) -> None:
        chain = self._chain(node)
        if node.attr == "Event" and self._is_module_of_models(node.value):
            self._model(node)
        elif node.attr == "events" and QUESTIONS & set(chain[:1]) and ASKS not in chain:
            self._note(node)

    @staticmethod
    def _is_module_of_models(node: ast.expr) -> bool:
        return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).split(".")[-1] in ("models", "event")

    def _call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func).split(".")[-1]
        if name == "get_model" and "event" in ast.unparse(node).lower().replace("eventflag", ""):
            self._note(node)
        if name not in LOOKUPS:
            return
        for keyword in node.keywords:
            if keyword.arg and RELATION.match(keyword.arg):
                self._note(node)
        for each in node.args:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                asked = each.value.lstrip("-")
                if (asked == "events" and name in OF_RELATIONS) or RELATION.match(asked):
                    self._note(node)

    def _text(self, node: ast.Constant, text: str) -> None:
        if TABLE.search(text) and not isinstance(self._around[-1], ast.Expr):
            self._note(node)

    def _chain(self, node: ast.expr) -> list[str]:
        """The attributes and methods that follow a name: `Event.objects.filter(…)` gives `objects`, `filter`."""
        following: list[str] = []
        inner: ast.AST = node
        for outer in reversed(self._around):
            if isinstance(outer, ast.Attribute) and outer.value is inner:
                following.append(outer.attr)
            elif not (isinstance(outer, ast.Call) and outer.func is inner):
                break
            inner = outer
        return following

    def _note(self, node: ast.expr) -> None:
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        place = ".".join(each.name for each in self._around if isinstance(each, defined))
        statement = next((each for each in reversed(self._around) if isinstance(each, ast.stmt)), node)
        words = ast.unparse(statement).split("\n")[0][:120]
        self.found.append(Read(self.file, place, node.lineno, words))

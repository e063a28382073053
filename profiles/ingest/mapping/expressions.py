"""JMESPath within bounds: what an expression may look like, and how much work one entry may cause."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

from profiles.ingest.mapping.faults import Inconvertible

LONGEST = 500
"""Characters of one expression."""
MOST_NODES = 80
DEEPEST = 16
MOST_GATHERED = 12
"""Members of all `[a, b]` and `{x: a}` of one expression: only they make a result larger than what came in, and each
pipe from one into the next multiplies, so that without a bound twenty of them fill a machine's memory."""
MOST_WORK = 100_000
"""Steps that all expressions may take for one entry; a step is one node visited, or one member of what it gave."""
CHARACTERS_A_STEP = 16

FUNCTIONS = Functions()
GATHERING = ("multi_select_list", "multi_select_dict")

Node = dict[str, Any]


class BadExpression(Exception):
    """An expression that is none, or may not be evaluated; the message says why."""


class Evaluation(TreeInterpreter):
    """Evaluates expressions on one entry, until its work is used up. Raises `Inconvertible`."""

    def __init__(self) -> None:
        super().__init__(Options(custom_functions=FUNCTIONS))
        self._work = MOST_WORK

    def visit(self, node: Node, *args: Any, **kwargs: Any) -> Any:
        """Evaluate one node; what it costs is known only afterwards, and bounded by what came in."""
        found = super().visit(node, *args, **kwargs)
        if isinstance(found, list | dict):
            self._work -= len(found)
        elif isinstance(found, str):
            self._work -= len(found) // CHARACTERS_A_STEP
        self._work -= 1
        if self._work < 0:
            raise Inconvertible("the expressions would take too long on this entry; write simpler ones")
        return found


class Expression:
    """A checked expression, ready to be evaluated."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = _parsed(text)
        self._path = _plain_path(self._tree)

    def of(self, entry: Any, evaluation: Evaluation) -> Any:
        """What the expression finds in an entry, None where there is nothing. Raises `Inconvertible`."""
        if self._path is not None:
            return _looked_up(entry, self._path)
        try:
            return evaluation.visit(self._tree, entry)
        except (JMESPathError, ArithmeticError, ValueError, TypeError, AttributeError, KeyError) as error:
            raise Inconvertible(f"it does not fit this entry: {_first_line(error)}") from None
        except RecursionError:
            raise Inconvertible("it goes too deep") from None

    @property
    def roots(self) -> frozenset[str]:
        """The names that it looks up in the entry itself, such as the columns of a file."""
        return frozenset(_roots(self._tree))


@lru_cache(maxsize=4_096)
def _parsed(text: str) -> Node:
    if not text.strip():
        raise BadExpression("An expression cannot be empty.")
    if len(text) > LONGEST:
        raise BadExpression(f"An expression may have {LONGEST} characters; this one has {len(text)}.")
    try:
        tree: Node = Parser().parse(text).parsed
    except JMESPathError as error:
        told = " ".join(str(error).split("\n")[0].split())
        raise BadExpression(f"This is no JMESPath: {told}") from None
    except (RecursionError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise BadExpression(f"This is no JMESPath: {type(error).__name__}.") from None
    _check(tree)
    return tree


def _check(tree: Node) -> None:
    nodes = list(_nodes(tree, 1))
    if len(nodes) > MOST_NODES:
        raise BadExpression(f"An expression may have {MOST_NODES} parts; this one has {len(nodes)}.")
    if max(depth for _node, depth in nodes) > DEEPEST:
        raise BadExpression(f"An expression may be nested {DEEPEST} deep, not deeper.")
    gathered = sum(len(node["children"]) for node, _depth in nodes if node["type"] in GATHERING)
    if gathered > MOST_GATHERED:
        raise BadExpression(f"[…] and {{…}} may gather {MOST_GATHERED} members in all; here are {gathered}.")
    for node, _depth in nodes:
        if node["type"] == "function_expression" and node["value"] not in FUNCTIONS.FUNCTION_TABLE:
            raise BadExpression(f"There is no function {node['value']}().")


def _nodes(node: Any, depth: int) -> Iterator[tuple[Node, int]]:
    if not isinstance(node, dict) or "type" not in node:
        return
    yield node, depth
    for child in node.get("children", ()):
        yield from _nodes(child, depth + 1)


def _plain_path(tree: Node) -> tuple[str, ...] | None:
    """The names of `a.b.c`, which most expressions are and which need no interpreter; None for others."""
    if tree["type"] == "field":
        return (tree["value"],)
    if tree["type"] != "subexpression":
        return None
    parts = [_plain_path(child) for child in tree["children"]]
    return None if None in parts else tuple(name for part in parts if part for name in part)


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0][:200]


def _looked_up(entry: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        entry = entry.get(name) if isinstance(entry, dict) else None
    return entry


def _roots(node: Node) -> Iterator[str]:
    """Names looked up in the entry: of a chain its first part, of anything else all parts."""
    if node["type"] == "field":
        yield node["value"]
    elif node["type"] in ("subexpression", "index_expression", "projection", "filter_projection", "value_projection",
                          "pipe", "flatten"):  # fmt: skip
        yield from _roots(node["children"][0])
    else:
        for child in node.get("children", ()):
            if isinstance(child, dict) and "type" in child:
                yield from _roots(child)

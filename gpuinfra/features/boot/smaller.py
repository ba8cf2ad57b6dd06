"""Our own programs in fewer bytes, as EC2 counts them: without docstrings, comments, annotations. Pure.

Bytes are cut out of the source, nothing is written anew (ast.unparse): what the laptop's Python would write,
the host's older one may not read.
"""

import ast
from collections.abc import Iterator
from itertools import accumulate

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


def python(source: bytes) -> bytes:
    """Return a module that does the same; annotations in a class's body stay, dataclasses read them."""
    text = source.decode("ascii")
    tree = ast.parse(text)
    starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]
    for first, last in sorted(set(_cuts(tree, text, starts)), reverse=True):
        text = text[:first] + text[last:]
    text = "".join(line for line in text.splitlines(keepends=True) if not _is_comment(line))
    tight = "".join(_outdented(line) for line in text.splitlines(keepends=True) if line.strip())
    return (tight if _same(text, tight) else text).encode("ascii")


def shell(script: bytes) -> bytes:
    """Return a shell script without the lines that are only a comment; the first line stays."""
    first, *rest = script.splitlines(keepends=True)
    return first + b"".join(line for line in rest if not line.lstrip().startswith(b"#"))


def _cuts(tree: ast.Module, text: str, starts: list[int]) -> Iterator[tuple[int, int]]:
    """Yield what is cut out, from which offset to which."""

    def lines(node: ast.stmt) -> tuple[int, int]:
        return starts[node.lineno - 1], starts[node.end_lineno or 0]

    def end(node: ast.expr) -> int:
        return starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)

    in_class = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for inner in node.body}
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) and node.body[1:]:
            yield lines(node.body[0])
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield lines(node)
        elif isinstance(node, ast.arg) and node.annotation:
            yield starts[node.lineno - 1] + node.col_offset + len(node.arg), end(node.annotation)
        elif isinstance(node, ast.FunctionDef) and node.returns:
            before = starts[node.returns.lineno - 1] + node.returns.col_offset
            yield text.rindex(" ->", 0, before), end(node.returns)
        elif isinstance(node, ast.AnnAssign) and node.value and id(node) not in in_class:
            yield end(node.target), end(node.annotation)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _outdented(line: str) -> str:
    """Return a line with a quarter of its indentation."""
    words = line.lstrip(" ")
    return " " * ((len(line) - len(words)) // 4) + words


def _same(one: str, other: str) -> bool:
    """Tell whether two texts are the same program: a string of several lines must not have changed."""
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except SyntaxError:
        return False

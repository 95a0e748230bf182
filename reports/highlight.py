"""Code in colours, as runs of characters: the page builds its elements from text, never from markup."""

from __future__ import annotations

from functools import lru_cache

from pygments import lex
from pygments.lexers.python import PythonLexer
from pygments.token import STANDARD_TYPES, Token, _TokenType

# Longer code is shown without colours.
LONGEST = 20_000

# The classes that report.css knows, by the kind of token; a kind takes the class of its nearest ancestor.
_CLASSES = {
    Token.Keyword: "k",
    Token.Operator.Word: "k",
    Token.Literal.Number: "m",
    Token.Literal.String: "s",
    Token.Literal.String.Doc: "c",
    Token.Comment: "c",
    Token.Name.Function: "f",
    Token.Name.Class: "f",
    Token.Name.Decorator: "d",
    Token.Name.Builtin: "b",
    Token.Name.Namespace: "n",
}


@lru_cache(maxsize=4096)
def runs(code: str) -> str:
    """Return which characters have which class, as ``<class><length>`` separated by blanks.

    Lengths are in UTF-16 units, as JavaScript counts; the class ``-`` stands for plain text. Empty for code
    without colours.
    """
    if len(code) > LONGEST:
        return ""
    found: list[tuple[str, int]] = []
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    for kind, text in lex(code, lexer):
        name, length = _class(kind), len(text) + sum(character > "\uffff" for character in text)
        if found and found[-1][0] == name:
            found[-1] = name, found[-1][1] + length
        elif length:
            found.append((name, length))
    return " ".join(f"{name}{length}" for name, length in found)


def _class(kind: _TokenType) -> str:
    while kind not in _CLASSES and kind in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    return _CLASSES.get(kind, "-")

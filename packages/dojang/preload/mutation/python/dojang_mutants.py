"""Mutants of a Python source: small changes of a line, as the field's engines make them, as text and its replacement.

A mutant is a splice of the source's text, so that what a reader is shown is what ran. Left out is what no test would assert:
docstrings, type hints, messages of exceptions, logging, __repr__, blocks under TYPE_CHECKING and __main__, and lines that end
in `# pragma: no mutate`.
"""

import ast
import hashlib
import io
import tokenize


class Mutant:
    __slots__ = ("file", "operator", "start", "end", "replacement", "source", "line", "column", "before", "after", "ran_by")

    def __init__(self, file, operator, span, replacement, source, ran_by):
        self.file = file
        self.operator = operator
        self.start, self.end = span
        self.replacement = replacement
        self.source = source[: self.start] + replacement + source[self.end :]
        self.line = source.count("\n", 0, self.start) + 1
        self.column = self.start - source.rfind("\n", 0, self.start)
        # Lines of which one runs whenever this does: an expression over several lines is not run line by line.
        self.ran_by = ran_by
        self.before = lines_around(source, self.start, self.end)
        self.after = lines_around(self.source, self.start, self.start + len(replacement))

    def key(self):
        """Where it stands in the order in which mutants are chosen: the same for the same text, and like a die otherwise."""
        text = "\0".join([self.file, self.operator, "\n".join(self.before), "\n".join(self.after)])
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def lines_around(source, start, end):
    first = source.rfind("\n", 0, start) + 1
    last = source.find("\n", end)
    return source[first : len(source) if last == -1 else last].split("\n")


def mutants_of(file, source, lines):
    """All mutants of the given lines, in the order of the text. Throws SyntaxError, as ast does."""
    tree = ast.parse(source, file)
    finder = Finder(file, source, lines)
    finder.visit(tree)
    return sorted(finder.mutants, key=lambda mutant: (mutant.start, mutant.end, mutant.operator))


def choose(mutants, at_most):
    """At most so many, one of each line before a second of any; which ones is settled by their text alone."""
    by_line = {}
    for mutant in mutants:
        by_line.setdefault((mutant.file, mutant.line), []).append(mutant)
    ranked = []
    for group in by_line.values():
        for turn, mutant in enumerate(sorted(group, key=Mutant.key)):
            ranked.append((turn, mutant.key(), mutant))
    ranked.sort(key=lambda entry: entry[:2])
    return [mutant for _, _, mutant in ranked[:at_most]]


COMPARE = {
    ast.Lt: ["<=", ">="],
    ast.LtE: ["<", ">"],
    ast.Gt: [">=", "<="],
    ast.GtE: [">", "<"],
    ast.Eq: ["!="],
    ast.NotEq: ["=="],
    ast.Is: ["is not"],
    ast.IsNot: ["is"],
    ast.In: ["not in"],
    ast.NotIn: ["in"],
}
COMPARE_TOKENS = {"<", "<=", ">", ">=", "==", "!=", "is", "in", "not"}
ARITHMETIC = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "&"),
}
SAYING = {"print", "log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER", "warnings"}
TYPING = {"cast", "TypeVar", "NewType", "ParamSpec", "NamedTuple", "TypedDict"}


class Finder(ast.NodeVisitor):
    def __init__(self, file, source, lines):
        self.file = file
        self.source = source
        self.lines = {line for line in lines if line not in unwanted_lines(source)}
        self.mutants = []
        # ast counts columns in bytes of UTF-8.
        self.starts = [0]
        self.encoded = source.split("\n")
        for text in self.encoded:
            self.starts.append(self.starts[-1] + len(text) + 1)
        self.tokens = tokens_of(source)
        self.statement = None

    def visit(self, node):
        if skipped(node):
            return
        outer = self.statement
        if isinstance(node, ast.stmt):
            self.statement = node
        super().visit(node)
        self.statement = outer

    # What is not code that runs, or not worth a test.

    def visit_FunctionDef(self, node):
        if node.name == "__repr__":
            return
        self.visit_all(node.decorator_list)
        self.visit_all(default for default in [*node.args.defaults, *node.args.kw_defaults] if default is not None)
        self.visit_all(without_docstring(node.body))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.visit_all([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)])
        self.visit_all(without_docstring(node.body))

    def visit_Module(self, node):
        self.visit_all(without_docstring(node.body))

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self.visit(node.value)

    def visit_JoinedStr(self, _node):
        # Positions inside of f-strings are wrong before Python 3.12.
        return

    # What is changed.

    def visit_If(self, node):
        self.negate(node.test)
        self.generic_visit(node)

    def visit_While(self, node):
        self.negate(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node):
        self.negate(node.test)
        self.generic_visit(node)

    def visit_UnaryOp(self, node):
        if isinstance(node.op, ast.Not):
            self.add("negate condition", node, (self.at(node), self.at(node.operand)), "")
        elif isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
            self.add("arithmetic", node, (self.at(node), self.at(node.operand)), "")
        self.generic_visit(node)

    def visit_Compare(self, node):
        left = node.left
        for operator, right in zip(node.ops, node.comparators):
            span = self.token_span(left, right, COMPARE_TOKENS)
            for other in COMPARE[type(operator)] if span else []:
                boundary = type(operator) in (ast.Lt, ast.LtE, ast.Gt, ast.GtE) and other[0] == self.source[span[0]]
                self.add("boundary" if boundary else "negate condition", node, span, other)
            left = right
        self.generic_visit(node)

    def visit_BoolOp(self, node):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:]):
            span = self.token_span(left, right, {old})
            if span:
                self.add("boolean operator", node, span, new)
        self.generic_visit(node)

    def visit_BinOp(self, node):
        old, new = ARITHMETIC.get(type(node.op), (None, None))
        if old and not (is_text(node.left) or is_text(node.right)):
            span = self.token_span(node.left, node.right, {old})
            if span:
                self.add("arithmetic", node, span, new)
        self.generic_visit(node)

    def visit_AugAssign(self, node):
        old, new = ARITHMETIC.get(type(node.op), (None, None))
        if old and not is_text(node.value):
            span = self.token_span(node.target, node.value, {old + "="})
            if span:
                self.add("arithmetic", node, span, new + "=")
        self.generic_visit(node)

    def visit_Constant(self, node):
        value = node.value
        if value is True or value is False:
            self.replace("boolean", node, str(not value))
        elif isinstance(value, int):
            self.replace("off by one", node, str(value + 1))
        elif isinstance(value, float):
            self.replace("constant", node, repr(value + 1.0))
        elif isinstance(value, str):
            self.replace("string", node, '""' if value else '"dojang"')

    def visit_Return(self, node):
        value = node.value
        if value is not None and not isinstance(value, (ast.Constant, ast.Compare, ast.BoolOp, ast.JoinedStr)):
            self.replace("return value", value, "None")
        self.generic_visit(node)

    def visit_Subscript(self, node):
        # Another key is another error at once: nothing to learn.
        self.visit(node.value)
        if not is_text(node.slice):
            self.visit(node.slice)

    def visit_Raise(self, node):
        # Messages are for people.
        self.replace("removed raise", node, "pass")

    def visit_Assert(self, node):
        self.visit(node.test)

    def visit_Expr(self, node):
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(value, ast.Call) and not is_super_init(value):
            self.replace("removed call", node, "pass")
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    # How.

    def visit_all(self, nodes):
        for node in nodes:
            self.visit(node)

    def negate(self, test):
        if isinstance(test, (ast.Compare, ast.Constant)) or isinstance(test, ast.UnaryOp):
            return
        self.replace("negate condition", test, "not (%s)" % self.source[self.at(test) : self.to(test)])

    def replace(self, operator, node, replacement):
        self.add(operator, node, (self.at(node), self.to(node)), replacement)

    def add(self, operator, node, span, replacement):
        line = self.source.count("\n", 0, span[0]) + 1
        if line not in self.lines or self.source[span[0] : span[1]] == replacement:
            return
        mutant = Mutant(self.file, operator, span, replacement, self.source, own_lines(self.statement))
        try:
            compile(mutant.source, self.file, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return
        self.mutants.append(mutant)

    def at(self, node):
        return self.offset(node.lineno, node.col_offset)

    def to(self, node):
        return self.offset(node.end_lineno, node.end_col_offset)

    def offset(self, line, column):
        text = self.encoded[line - 1]
        return self.starts[line - 1] + (column if text.isascii() else len(text.encode("utf-8")[:column].decode("utf-8", "replace")))

    def token_span(self, left, right, wanted):
        """From the first to the last of the wanted tokens between two expressions: `is not` is two."""
        low, high = self.to(left), self.at(right)
        found = [token for token in self.tokens if token[0] in wanted and low <= token[1] and token[2] <= high]
        return (found[0][1], found[-1][2]) if found else None


def skipped(node):
    if isinstance(node, ast.Call):
        return names_of(node.func) & SAYING or names_of(node.func) & TYPING
    if isinstance(node, ast.If):
        named = {name for inner in ast.walk(node.test) if isinstance(inner, (ast.Name, ast.Attribute)) for name in names_of(inner)}
        return bool(named & {"TYPE_CHECKING", "__name__"})
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call) and bool(names_of(node.value.func) & SAYING)
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id.startswith("__") for target in node.targets)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal))


def names_of(function):
    """`self.logger.info` has the names self, logger and info."""
    names = set()
    while isinstance(function, ast.Attribute):
        names.add(function.attr)
        function = function.value
    if isinstance(function, ast.Name):
        names.add(function.id)
    return names


def own_lines(statement):
    """Of a statement with a body, its head: `if`, `for`, `def` with what stands before the body."""
    body = getattr(statement, "body", None)
    last = statement.end_lineno if not isinstance(body, list) else max(statement.lineno, body[0].lineno - 1)
    return range(statement.lineno, last + 1)


def is_text(node):
    return isinstance(node, ast.JoinedStr) or isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))


def is_super_init(call):
    function = call.func
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call) and "super" in names_of(function.value.func)


def without_docstring(body):
    first = body[0] if body else None
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return body[1:] if documented else body


def tokens_of(source):
    starts = [0]
    for text in source.split("\n"):
        starts.append(starts[-1] + len(text) + 1)
    found = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.OP, tokenize.NAME):
            found.append((token.string, starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1]))
    return found


def unwanted_lines(source):
    return {number for number, text in enumerate(source.split("\n"), 1) if "pragma: no mutate" in text}

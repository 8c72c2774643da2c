"""What a linker does, for the contract on a reader: functions and constants that nothing on board names are left out.

The contract serves every part of the system; a reader writes entries and never reads one. Only whole definitions at
the top of a module go, and none that anybody imports; the firmware's own modules stay as they are.
"""

import ast

_TRUE_ON_BOARD = 'sys.implementation.name == "micropython"'
"""What CPython does otherwise is no part of a reader."""


def trimmed(sources: dict[str, str], package: str = "contract") -> dict[str, str]:
    """The same modules (by dotted name) with those of `package` cut down to what the others, and each other, use."""
    trees = {
        name: ast.parse(source.replace(_TRUE_ON_BOARD, "True"))
        for name, source in sources.items()
        if name.startswith(package + ".")
    }
    fixed = [ast.parse(source) for name, source in sources.items() if name not in trees]
    changed = True
    while changed:
        changed = False
        wanted = _wanted([*fixed, *trees.values()], package)
        for name, tree in trees.items():
            changed = _cut(tree, wanted.get(name, set())) or changed
    return {**sources, **{name: ast.unparse(tree) for name, tree in trees.items()}}


def _wanted(trees: list[ast.Module], package: str) -> dict[str, set[str]]:
    """Module of the package -> the names that are imported from it, or said as an attribute of it."""
    wanted: dict[str, set[str]] = {}
    for tree in trees:
        nodes = list(ast.walk(tree))
        modules = {}
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and node.module == package:
                modules.update({alias.asname or alias.name: f"{package}.{alias.name}" for alias in node.names})
            elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(package + "."):
                wanted.setdefault(node.module, set()).update(alias.name for alias in node.names)
        for node in nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                wanted.setdefault(modules[node.value.id], set()).add(node.attr)
    return wanted


def _cut(tree: ast.Module, wanted: set[str]) -> bool:
    """Take away what is neither wanted outside nor used by what stays; whether anything went."""
    kept = [node for node in tree.body if not _defines(node) or _defines(node) & wanted]
    while True:
        used = set().union(*map(_names, kept)) if kept else set()
        more = [node for node in tree.body if node not in kept and _defines(node) & used]
        if not more:
            break
        kept += more
    for node in kept:
        if isinstance(node, ast.ImportFrom):
            node.names = [alias for alias in node.names if (alias.asname or alias.name) in used | wanted]
    body = [node for node in tree.body if node in kept and getattr(node, "names", True)]
    changed = len(body) < len(tree.body)
    tree.body = body
    return changed


def _defines(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    return set()


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}

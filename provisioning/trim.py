"""What a linker does, for a reader's image: functions and constants that nothing on board names are left out.

The contract serves every part of the system, and a reader writes entries but never reads one; boot.py lies at the
device's root, and its slots need only what it knows of them. Whole definitions at the top of such modules go, none
that anybody imports; all others stay as they are.
"""

import ast

_TRUE_ON_BOARD = 'sys.implementation.name == "micropython"'
"""What CPython does otherwise is no part of a reader."""


def trimmed(sources: dict[str, str]) -> dict[str, str]:
    """The same modules (by dotted name), some of them cut down to what the others, and each other, use."""
    trees = {name: ast.parse(source.replace(_TRUE_ON_BOARD, "True")) for name, source in sources.items() if _cuts(name)}
    fixed = [ast.parse(source) for name, source in sources.items() if name not in trees]
    changed = True
    while changed:
        changed = False
        wanted = _wanted([*fixed, *trees.values()], set(trees))
        for name, tree in trees.items():
            changed = _cut(tree, wanted[name]) or changed
    return {**sources, **{name: ast.unparse(tree) for name, tree in trees.items()}}


def _cuts(name: str) -> bool:
    return name.startswith("contract.") or name == "firmware.boot"


def _wanted(trees: list[ast.Module], cut: set[str]) -> dict[str, set[str]]:
    """Module -> the names that are imported from it, or said as an attribute of it."""
    wanted: dict[str, set[str]] = {name: set() for name in cut}
    for tree in trees:
        nodes = list(ast.walk(tree))
        modules: dict[str, str] = {}
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and node.module in cut:
                wanted[node.module].update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                named = {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
                modules.update({name: module for name, module in named.items() if module in cut})
        for node in nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                wanted[modules[node.value.id]].add(node.attr)
    return wanted


def _cut(tree: ast.Module, wanted: set[str]) -> bool:
    """Take away what is neither wanted outside nor used by what stays; whether anything went."""
    kept = [node for node in tree.body if not _may_go(node) or _defines(node) & wanted]
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


def _may_go(node: ast.stmt) -> bool:
    return bool(_defines(node)) or (isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'")


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

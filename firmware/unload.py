# Modules that were needed once give their memory back. What is still referred to (a bound method, a class of an object
# that lives on) stays, whatever is unloaded here.

import gc
import sys


def unload(*names: str) -> None:
    for name in names:
        sys.modules.pop(name, None)
        parent, _, child = name.rpartition(".")
        if hasattr(sys.modules.get(parent), child):
            delattr(sys.modules[parent], child)
    gc.collect()

# Runs the tests of one file under MicroPython: `micropython run.py FILE FOLDER`, where FOLDER may be filled with files.
#
# Prints `ok <name>` or, after the traceback, `FAIL <name>`; then `<n> passed, <m> failed`; exit code 1 if any failed.

import asyncio
import gc
import sys


def main(path, folder):
    cut = path.rfind("/")
    sys.path.insert(0, path[:cut])
    module = __import__(path[cut + 1 : -3])
    module.FOLDER = folder
    passed = failed = 0
    for name in sorted(dir(module)):
        if not name.startswith("test_"):
            continue
        gc.collect()
        try:
            result = getattr(module, name)()
            if result is not None:
                asyncio.new_event_loop()
                asyncio.run(result)
            print("ok", name)
            passed += 1
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            sys.print_exception(error, sys.stdout)
            print("FAIL", name)
            failed += 1
    print(passed, "passed,", failed, "failed")
    sys.exit(1 if failed or not passed else 0)


main(sys.argv[1], sys.argv[2])

# Small files that are either old or new, never half: written aside, then renamed over (littlefs and POSIX both make
# a rename over an existing file one step).

import os


def write(path, raw):
    aside = path + ".new"
    with open(aside, "wb") as file:
        file.write(raw)
    os.rename(aside, path)


# The bytes of a file, or None when there is none.
def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def remove(path):
    try:
        os.remove(path)
    except OSError:
        return False
    return True


def make_folder(path):
    try:
        os.mkdir(path)
    except OSError:
        os.stat(path)  # it is there already, or this says why not


# Names in a folder, sorted; folders=True: of its folders, else of its files.
def names(path, folders=False):
    kind = 0x4000 if folders else 0x8000
    return sorted([found[0] for found in os.ilistdir(path) if found[1] == kind])


# A folder and all that is in it.
def remove_tree(path):
    for name in names(path):
        os.remove(path + "/" + name)
    for name in names(path, folders=True):
        remove_tree(path + "/" + name)
    os.rmdir(path)

# What runs. The build of an image writes its own.

VERSION = "0.1.0"
BUILT = 1_767_225_600  # Unix seconds (2026-01-01): no time before it can be true

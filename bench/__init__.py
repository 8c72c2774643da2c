"""Side-by-side measurements: `make bench`. Every figure stands beside a named peer from the same run."""

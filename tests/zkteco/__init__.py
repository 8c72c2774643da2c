"""Simulated terminals of every generation and every fault, judged end to end: each punch exactly once."""

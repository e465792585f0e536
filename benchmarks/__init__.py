"""Measures of speed, one module per subject: `python -m benchmarks`, `--full` for a million customers.

timing       taking turns, medians, and the table
fits         fitting models to customers
simulating   drawing customers
scoring      what to expect of each customer
logs         from a log of purchases to one row per customer
memory       the highest use of memory of a fit and its scores
"""

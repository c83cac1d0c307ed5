"""What is particular to a kind: its defaults, what it allocates, what it refuses to change.

One kind (or family), one file; `registry` is the list. Kinds without a file behave as a plain
object: kept as given, with the defaults that the schema itself declares.
"""

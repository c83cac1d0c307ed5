"""Field ownership: who set which part of an object, and what an apply may therefore change.

Pure: values in, values out. `tree` is the set of paths, `paths` names list items, `collect` reads a
value's set, `compare`, `merge` and `remove` walk values by type, `managers` is server-side apply.
"""

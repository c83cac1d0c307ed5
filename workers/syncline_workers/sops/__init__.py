"""Files that SOPS encrypted, read in this process's memory: no program, no file, no cache.

``opener`` is the way in. ``formats`` has a reader for each kind of file, ``sealed`` one value,
``metadata`` what SOPS wrote beside them, ``keys`` who can open it: one kind of key, one file.
"""

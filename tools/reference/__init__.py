"""The reference, written from code: one module a page, each with ``render() -> str``.

A test compares the pages with what these modules write, so that they are always true.
"""

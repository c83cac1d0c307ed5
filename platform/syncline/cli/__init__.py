"""The command line: what people and scripts type. It speaks HTTP to the API, and to nothing else.

One command, one file in ``commands``; ``server`` is the only module that makes requests, ``output``
the only one that prints. Commands that run a role (``up``, ``worker`` …) are added by ``main``.
"""

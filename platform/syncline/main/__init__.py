"""Composition: the roles as commands, and ``syncline up``, which runs them all on one machine.

The only package that knows every role. It starts workers by their module's name, in a process of
their own: the control plane never imports the data plane.
"""

from syncline.main.entry import main

__all__ = ["main"]

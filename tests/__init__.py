"""Syncline's tests, by behaviour, and `harness`: the real servers they run against.

A package, so that no installed package of the same name is found in its place.
"""

"""Asks what applications name in their checks, by HTTP.

The one package that sends requests to addresses which users write: it goes only where the
administrator lets it, follows nothing, sends no credentials, and is bounded in time and size.
"""

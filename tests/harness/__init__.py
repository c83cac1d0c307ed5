"""What tests, demo and bench run against: real servers on this machine, and ways to wait for them.

Plain Python with no pytest in it, except `fixtures.py`, which hands these things to tests. Nothing
here knows Syncline; every server listens on 127.0.0.1 and ends with whoever started it.
"""

"""What the API answers: one file for each subject, camelCase on the wire, times in RFC 3339.

A view is built from what the store holds by a function ``of``; it is never read back.
"""

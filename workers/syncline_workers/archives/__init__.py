"""Charts and other archives: Helm repositories over HTTP, and OCI registries.

The one package that speaks to them. What it hands out looks like a commit: an archive is unpacked
with care, its files and directories get the ids that Git would give them, and the digest of the
archive is its revision. It shares Git's shelf: one directory, one budget of disk.
"""

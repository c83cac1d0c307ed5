"""Values: what Syncline speaks about, with no I/O.

What users write is pydantic with unknown fields forbidden; what our own processes exchange is
pydantic with unknown fields ignored (two releases overlap); what passes between functions is a
frozen dataclass. Kubernetes objects stay plain mappings typed ``Manifest``.
"""

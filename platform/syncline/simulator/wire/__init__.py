"""HTTP/1.1 over asyncio, as little of it as Kubernetes clients need, so that it is fast.

`requests` parses, `responses` encodes, `protocol` is one connection. What is served is not known
here: the protocol calls one function with a request.
"""

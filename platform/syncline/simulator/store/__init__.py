"""What a simulated cluster holds, in memory: objects as the bytes that go over the wire.

Bytes are compact, cannot be changed by accident, and cost nothing to send; they are decoded for
the moment of a write. Nothing survives the process but a cluster's identity.
"""

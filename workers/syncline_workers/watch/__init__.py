"""The watch role: drift as it happens, by metadata-only watches over many clusters.

One process, one asyncio loop, no Celery: a stream for each kind that has objects of ours on a
cluster. What changes is compared with what the store recorded, and told as a sweep would tell it.
Sweeps stay the safety net: whatever a watch misses, the next one finds.
"""

"""All that both planes share about tasks: names, queues, payloads and the reports that come back.

A payload holds ids and names only, never a manifest or a secret, and stays below 1 KB.
"""

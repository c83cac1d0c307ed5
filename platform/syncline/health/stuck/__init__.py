"""Why a roll-out is stuck, in words that a person can act on.

Pure: what its Pods say (``pods``), and what Events say where Pods do not (``events``).
Who asks a cluster for them, when and how often, is the pipeline's business.
"""

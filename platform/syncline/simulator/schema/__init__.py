"""What the simulator knows of Kubernetes' types: built-in kinds, and what CRDs declare.

`types` are the shapes, `builtin` reads them from `kubernetes.json` (made by `generate`),
`structural` reads them from a CustomResourceDefinition, `validate` names what does not fit.
No I/O but that one file of data.
"""

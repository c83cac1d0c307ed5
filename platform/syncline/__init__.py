"""The control plane and the kernel that both planes share: see docs/architecture.md."""

"""Random edits of the same objects by Git, by other managers and by people: `make edits`.

Each sequence is played twice on one kube-apiserver: in one namespace Syncline reconciles, in the
other one `kubectl apply --server-side --force-conflicts` does. `objects` says what there is to
edit, `sequences` makes edits from a seed, `others` plays those that are not Git's, `ours` and
`twin` bring both namespaces to what is in Git, `playing` plays and checks, `shrinking` finds the
shortest sequence that still fails.
"""

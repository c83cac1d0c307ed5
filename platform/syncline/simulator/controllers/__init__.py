"""What kube-controller-manager and kubelets would do: give workloads a status, bind volumes.

A controller hears of each change and may ask to be called back after a delay; it then looks at
the object as it is by then and writes its status, like any other client would.
"""

{{/* (root, component): nodes are drained one pod of a role at a time. */}}
{{- define "syncline.disruption" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "syncline.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "syncline.selector" . | nindent 6 }}
{{- end -}}

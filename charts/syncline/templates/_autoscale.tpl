{{/* (root, component, pool): KEDA asks the API how long each lane will take. The replicas grow by the
     ratio of that to what is wanted, so they settle where the slowest lane is done in time. */}}
{{- define "syncline.autoscale" -}}
{{- $root := first . -}}
{{- $me := list $root (index . 1) -}}
{{- $pool := index . 2 -}}
{{- $scale := $pool.autoscale -}}
{{- $lanes := list -}}
{{- range list "user" "push" "heavy" "plugin" "drift" }}{{ if has . $pool.lanes }}{{ $lanes = append $lanes . }}{{ end }}{{ end -}}
{{- if not $lanes -}}
{{- fail (printf "worker.pools: %s cannot be scaled: it serves none of user, push, heavy, plugin, drift" (index . 1)) -}}
{{- end -}}
{{- $server := printf "http://%s.%s.svc:%v" (include "syncline.name" (list $root "server")) $root.Release.Namespace $root.Values.server.service.port -}}
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  {{- include "syncline.metadata" $me | nindent 2 }}
spec:
  secretTargetRef:
    - parameter: token
      {{- toYaml $root.Values.secrets.metricsToken | nindent 6 }}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "syncline.metadata" $me | nindent 2 }}
spec:
  scaleTargetRef:
    name: {{ include "syncline.name" $me }}
  minReplicaCount: {{ $scale.min }}
  maxReplicaCount: {{ $scale.max }}
  pollingInterval: 15
  triggers:
    {{- range $lane := $lanes }}
    - type: metrics-api
      metricType: Value
      metadata:
        url: {{ $server }}/api/v1/queue/lanes/{{ $lane }}
        valueLocation: predictedDrainSeconds
        targetValue: {{ $scale.seconds | quote }}
        authMode: bearer
      authenticationRef:
        name: {{ include "syncline.name" $me }}
    {{- end }}
{{- end -}}

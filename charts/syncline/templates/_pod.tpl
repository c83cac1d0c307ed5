{{/* What all pods have in common. Each meets the Pod Security level `restricted`. */}}

{{/* (root, component, values of the role) */}}
{{- define "syncline.podMetadata" -}}
{{- $root := first . -}}
labels:
  {{- include "syncline.labels" (list $root (index . 1)) | nindent 2 }}
  {{- with $root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $root.Values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* (root, component, values of the role, uid) */}}
{{- define "syncline.podSpec" -}}
{{- $root := first . -}}
{{- $values := index . 2 -}}
serviceAccountName: {{ include "syncline.serviceAccount" $root }}
automountServiceAccountToken: false
{{- /* A Service called syncline-server would give each pod SYNCLINE_SERVER_PORT=tcp://…, a setting. */}}
enableServiceLinks: false
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ index . 3 }}
  runAsGroup: {{ index . 3 }}
  fsGroup: {{ index . 3 }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "syncline.selector" (list $root (index . 1)) | nindent 8 }}
{{- range $field := list "nodeSelector" "tolerations" "affinity" }}
{{- with get $values $field }}
{{ $field }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* values of the role */}}
{{- define "syncline.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
resources:
  {{- toYaml .resources | nindent 2 }}
{{- end -}}

{{/* (root, values of the role) */}}
{{- define "syncline.container" -}}
image: {{ include "syncline.image" (first .) }}
imagePullPolicy: {{ (first .).Values.image.pullPolicy }}
{{ include "syncline.containerSecurity" (last .) }}
{{- end -}}

{{/* A role without a port: ready while its loop goes round; restarted only after ten minutes of
     silence, since workers are silent too while Redis is away, and a restart brings none back. */}}
{{- define "syncline.pulse" -}}
{{- $check := dict "exec" (dict "command" (list "python" "-m" "syncline.pulse" "/tmp/pulse")) "periodSeconds" 20 "timeoutSeconds" 10 -}}
readinessProbe:
  {{- toYaml $check | nindent 2 }}
livenessProbe:
  {{- toYaml (merge (dict "failureThreshold" 30) $check) | nindent 2 }}
{{- end -}}

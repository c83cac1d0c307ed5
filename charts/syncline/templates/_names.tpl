{{/* What things are called. */}}

{{- define "syncline.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* (root, component) */}}
{{- define "syncline.name" -}}
{{- printf "%s-%s" (include "syncline.fullname" (first .)) (last .) -}}
{{- end -}}

{{/* (root, component): labels that never change */}}
{{- define "syncline.selector" -}}
app.kubernetes.io/name: syncline
app.kubernetes.io/instance: {{ (first .).Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end -}}

{{/* (root, component) */}}
{{- define "syncline.labels" -}}
{{ include "syncline.selector" . }}
app.kubernetes.io/version: {{ (first .).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (first .).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (first .).Chart.Name ((first .).Chart.Version | replace "+" "_") }}
{{- end -}}

{{/* (root, component): of every object but pods */}}
{{- define "syncline.metadata" -}}
name: {{ include "syncline.name" . }}
namespace: {{ (first .).Release.Namespace }}
labels:
  {{- include "syncline.labels" . | nindent 2 }}
{{- end -}}

{{- define "syncline.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "syncline.fullname" .) "default") -}}
{{- end -}}

{{- define "syncline.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

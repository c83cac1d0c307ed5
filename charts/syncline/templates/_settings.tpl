{{/* How roles find their settings and secrets. Secrets are files, never variables. */}}

{{/* Whether the URL of Redis is known here, so that only its password is secret. */}}
{{- define "syncline.redisUrl" -}}
{{- if .Values.redis.builtin.enabled -}}
redis://{{ include "syncline.name" (list . "redis") }}:6379/0
{{- else -}}
{{ .Values.redis.url }}
{{- end -}}
{{- end -}}

{{/* (root, whether the role needs the platform key) */}}
{{- define "syncline.env" -}}
{{- $root := first . -}}
{{- with include "syncline.redisUrl" $root -}}
- {name: SYNCLINE_STORE_URL, value: {{ . | quote }}}
- {name: SYNCLINE_STORE_PASSWORD_FILE, value: /run/secrets/syncline/redis-password}
{{- else -}}
- {name: SYNCLINE_STORE_URL_FILE, value: /run/secrets/syncline/redis-url}
{{- end }}
{{- if last . }}
- {name: SYNCLINE_KEY_FILE, value: /run/secrets/syncline/platform-key}
{{- end }}
- {name: SYNCLINE_LOG_JSON_LINES, value: "true"}
{{- with $root.Values.tracing.endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- range $name, $value := $root.Values.tracing.variables }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
{{- range $name, $value := $root.Values.settings }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end -}}

{{- define "syncline.mounts" -}}
- {name: secrets, mountPath: /run/secrets/syncline, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- end -}}

{{/* (root, size of /tmp, names under `secrets` besides Redis) */}}
{{- define "syncline.volumes" -}}
{{- $root := first . -}}
{{- $redis := ternary "redisPassword" "redisUrl" (ne (include "syncline.redisUrl" $root) "") -}}
- name: tmp
  emptyDir: {sizeLimit: {{ index . 1 }}}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range prepend (index . 2) $redis }}
      {{- $secret := get $root.Values.secrets . }}
      - secret:
          name: {{ $secret.name }}
          items: [{key: {{ $secret.key }}, path: {{ kebabcase . }}}]
      {{- end }}
{{- end -}}

{{/* The volume of Git credentials and kubeconfigs that documents refer to; nothing where there are none. */}}
{{- define "syncline.credentials" -}}
{{- with .Values.credentials.secrets -}}
- name: credentials
  projected:
    defaultMode: 0440
    sources:
      {{- range . }}
      - secret: {name: {{ . }}}
      {{- end }}
{{- end }}
{{- end -}}

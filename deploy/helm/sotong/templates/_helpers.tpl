{{- define "sotong.labels" -}}
app.kubernetes.io/name: sotong
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "sotong.selector" -}}
app.kubernetes.io/name: sotong
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "sotong.name" -}}
{{ printf "%s-%s" .root.Release.Name .component | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "sotong.image" -}}
{{- $image := .root.Values.image -}}
{{- $name := index $image .which -}}
{{- with $image.registry }}{{ printf "%s/" (trimSuffix "/" .) }}{{ end -}}
{{ $name }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* What every pod has: nobody in particular as user, no key of the cluster, spread over the nodes. */}}
{{- define "sotong.pod" -}}
{{ if ne .component "migrate" }}
serviceAccountName: {{ include "sotong.name" (dict "root" .root "component" "pods") }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "sotong.selector" . | nindent 8 }}
{{- end }}

{{- define "sotong.container" -}}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "sotong.env" -}}
envFrom:
  - configMapRef: {name: {{ include "sotong.name" (dict "root" .root "component" "settings") }}}
env:
  - {name: SOTONG_SECRETS_DIR, value: /run/sotong}
  {{- if .elsewhere }}
  - name: SOTONG_RASA_URL
    value: http://{{ include "sotong.name" (dict "root" .root "component" "rasa") }}:5005
  {{- end }}
  {{- if .actions }}
  - name: SOTONG_ACTIONS_URL
    value: http://{{ include "sotong.name" (dict "root" .root "component" "actions") }}:5055
  {{- end }}
{{- end }}

{{/* The numbers' port is a thousand above the process's own (SOTONG_METRICS_PORT) and tells how it is. */}}
{{- define "sotong.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 2
  timeoutSeconds: 3
  failureThreshold: {{ .patience }}
livenessProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {path: {{ .ready | default "/readyz" }}, port: metrics}
  periodSeconds: 2
  timeoutSeconds: 3
  failureThreshold: 2
{{- end }}

{{- define "sotong.mounts" -}}
- {name: var, mountPath: /var/lib/sotong}
- {name: tmp, mountPath: /tmp}
- {name: settings, mountPath: /run/sotong, readOnly: true}
{{- if .keys }}
- {name: keys, mountPath: /var/lib/sotong/secrets, readOnly: true}
{{- end }}
{{- end }}

{{- define "sotong.secret" -}}
- name: {{ .name }}
  secret: {secretName: {{ .secret }}, defaultMode: 0440}
{{- end }}

{{- define "sotong.disruption" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "sotong.name" . }}
  labels:
    {{- include "sotong.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "sotong.selector" . | nindent 6 }}
{{- end }}

{{- define "sotong.scaling" -}}
{{- $own := index .root.Values .component -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "sotong.name" . }}
  labels:
    {{- include "sotong.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: {{ .kind }}
    name: {{ include "sotong.name" . }}
  minReplicas: {{ $own.replicas }}
  maxReplicas: {{ $own.autoscaling.max }}
  behavior:
    scaleUp: {stabilizationWindowSeconds: 0}
    scaleDown:
      stabilizationWindowSeconds: 600
      policies: [{type: Pods, value: 1, periodSeconds: 120}]
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ $own.autoscaling.cpu }}}
    {{- if and .queue .root.Values.queueAge.enabled }}
    - type: External
      external:
        metric:
          name: {{ .root.Values.queueAge.metric }}
          {{- with .root.Values.queueAge.selector }}
          selector: {matchLabels: {{ toJson . }}}
          {{- end }}
        target: {type: Value, value: {{ .root.Values.queueAge.target | quote }}}
    {{- end }}
{{- end }}

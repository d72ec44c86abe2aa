module airflow-kubernetes/local/tools/dashboards

go 1.26.0

tool airflow-kubernetes/local/tools/dashboards

require github.com/grafana/grafana-foundation-sdk/go v0.0.22

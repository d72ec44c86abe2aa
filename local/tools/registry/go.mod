module airflow-kubernetes/local/tools/registry

go 1.26

tool airflow-kubernetes/local/tools/registry

require github.com/google/go-containerregistry v0.20.6

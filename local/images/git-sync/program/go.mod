module airflow-kubernetes/git-sync

go 1.26

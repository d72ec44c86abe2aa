#!/bin/sh
# Writes a kubeconfig for a ServiceAccount of readers.yaml, with the cluster and the context's name of the current one:
# kubeconfig.sh <preview|drift> <file>
set -eu
umask 077
token=$(kubectl --namespace airflow-ci get secret "$1" --output 'jsonpath={.data.token}' | base64 --decode)
administrator=$(kubectl config view --minify --output 'jsonpath={.users[0].name}')
kubectl config view --raw --minify --flatten > "$2"
kubectl --kubeconfig "$2" config delete-user "$administrator"
kubectl --kubeconfig "$2" config set-credentials "$1" "--token=$token"
kubectl --kubeconfig "$2" config set-context --current "--user=$1"

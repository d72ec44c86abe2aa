"""The KubernetesExecutor: the component's, or the provider's own where the component's is not made for its version."""

from __future__ import annotations

import logging
from importlib.metadata import version

from packaging.version import Version

# Versions of apache-airflow-providers-cncf-kubernetes whose parts the component's executor replaces.
OLDEST, NEWER = Version("10.21.0"), Version("10.26.0")
INSTALLED = Version(version("apache-airflow-providers-cncf-kubernetes"))

# Another version may not even have the names that the component's executor imports.
if OLDEST <= INSTALLED < NEWER:
    from airflow_kubernetes.pod_executor import KubernetesExecutor
else:
    from airflow.providers.cncf.kubernetes.executors.kubernetes_executor import KubernetesExecutor

    logging.getLogger(__name__).warning(
        "apache-airflow-providers-cncf-kubernetes is %s; the component's executor is made for %s and newer, below %s. The provider's "
        "own is used: one DAG may stop the scheduler.",
        INSTALLED, OLDEST, NEWER,
    )

__all__ = ["KubernetesExecutor"]

"""What the component adds to Airflow's processes: an executor, cluster policies, a start that waits for the database, and
the check of a heartbeat."""

"""What the component adds to Airflow's processes: an executor, cluster policies, and a start that waits for the database."""

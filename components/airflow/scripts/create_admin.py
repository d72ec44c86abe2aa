"""Writes permissions and roles as this version of Airflow knows them, and makes the first user, or gives it the password that
was set. Running it again changes nothing.
"""

import os
import sys

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

user = os.environ["ADMIN_USER"]
email = os.environ["ADMIN_EMAIL"]
password = os.environ["ADMIN_PASSWORD"]

with get_application_builder() as builder:
    # As `airflow sync-perm` does.
    builder.add_permissions(update_perms=True)
    manager = builder.sm
    manager.sync_roles()
    role = manager.find_role("Admin")
    existing = manager.find_user(username=user)
    if existing is None:
        if not manager.add_user(user, user, "", email, role, password):
            sys.exit(f'User "{user}" could not be made: is {email} the address of another user?')
        print(f'User "{user}" made, with the role Admin.')
    elif not manager.reset_password(existing.id, password):
        sys.exit(f'The password of user "{user}" could not be set.')
    else:
        print(f'User "{user}" exists; its password is the one that was set.')

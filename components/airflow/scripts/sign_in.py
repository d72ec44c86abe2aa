"""How people sign in at a provider of OpenID Connect or with a directory, as the stack says: Airflow's webserver_config.py.

What is plain is in sign-in.json beside this file. Secrets are in the environment, and only in that of the api-server.

Flask AppBuilder does what it can: it keeps the users, and gives them roles by their groups at each sign-in. Here is what it leaves
open. Whoever gets no role is not let in. No name of the stack's own users is taken over. Groups are read where the provider has
them, and names of groups are compared as a directory compares them.
"""

import json
import logging
import os

from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from flask_appbuilder.const import AUTH_LDAP, AUTH_OAUTH

log = logging.getLogger("airflow_kubernetes.sign_in")

folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, "sign-in.json")) as file:
    settings = json.load(file)

oidc, ldap_settings = settings.get("oidc"), settings.get("ldap")
authority = os.path.join(folder, "ca.crt")
# How long a provider or a directory may take for an answer, in seconds: a thread of the api-server waits for it.
patience = 10


def claim(claims, path):
    """The value of a claim, or of a part of one; None where there is none."""
    if path in claims:
        return claims[path]
    value = claims
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def listed(value):
    return [value] if isinstance(value, str) else [text for text in value or [] if isinstance(text, str)]


def plain_dn(name):
    """A DN in which case and spaces around its parts, which a directory does not look at, are gone."""
    return ",".join("=".join(side.strip() for side in part.split("=", 1)) for part in name.split(",")).lower()


def is_own(username):
    """Whether a name belongs to a user of the stack, whom somebody elsewhere must not become."""
    return str(username).lower() in [name.lower() for name in settings["ownUsers"]]


class SecurityManager(FabAirflowSecurityManagerOverride):
    """Airflow's own, with the rules above."""

    def granted(self, groups):
        roles = self.get_roles_from_keys(groups)
        if not roles and settings.get("defaultRole"):
            roles = {self.find_role(settings["defaultRole"])} - {None}
        return list(roles)

    # OpenID Connect

    def set_oauth_session(self, provider, oauth_response):
        """Keeps no token: nothing asks the provider for more, and a session need not hold what opens other doors."""
        from flask import session

        session["oauth_provider"] = provider

    def get_oauth_user_info(self, provider, resp):
        # Authlib has checked its signature, its issuer, its nonce and its age. There is none where the provider sent none.
        claims = resp.get("userinfo")
        if not claims:
            raise ValueError("the provider sent no ID token")
        remote = self.oauth_remotes[provider]
        issuer = remote.load_server_metadata().get("issuer")
        if issuer != oidc["issuer"] or claims.get("iss") != issuer:
            raise ValueError(f"the issuer is {issuer}, and not {oidc['issuer']} as auth.oidc.issuer says")
        if oidc["clientId"] not in listed(claims.get("aud")):
            raise ValueError("the ID token is for another client")
        wanted = [oidc["usernameClaim"], oidc["groupsClaim"]]
        if any(claim(claims, path) is None for path in wanted) and remote.server_metadata.get("userinfo_endpoint"):
            more = remote.userinfo(token=resp)
            if more.get("sub") != claims["sub"]:
                raise ValueError("the userinfo is that of somebody else")
            claims = {**more, **claims}
        username = claim(claims, oidc["usernameClaim"])
        if not isinstance(username, str) or username == "":
            raise ValueError(f"there is no claim {oidc['usernameClaim']}, which auth.oidc.usernameClaim names")
        if oidc["usernameClaim"] == "email" and claims.get("email_verified") is False:
            raise ValueError(f"nobody has verified that {username} is the address of this user")
        return {
            "username": username,
            "first_name": claims.get("given_name") or claims.get("name") or username,
            "last_name": claims.get("family_name") or "",
            "email": claims.get("email") or "",
            "role_keys": listed(claim(claims, oidc["groupsClaim"])),
        }

    def _oauth_calculate_user_roles(self, userinfo):
        return self.granted(userinfo.get("role_keys", []))

    def auth_user_oauth(self, userinfo, *args, **kwargs):
        username = userinfo["username"]
        if is_own(username):
            log.warning("%s is a user of the stack, and nobody from elsewhere becomes it", username)
            return None
        if not self._oauth_calculate_user_roles(userinfo):
            log.warning("%s is in no group that auth.oidc.roles names: %s", username, userinfo.get("role_keys"))
            return None
        try:
            return super().auth_user_oauth(userinfo, *args, **kwargs)
        except Exception as error:
            # Such as an address that another user has. Nobody is helped by a page of an error.
            log.error("%s could not be signed in: %s", username, error)
            return None

    # LDAP

    def auth_user_ldap(self, username, password, *args, **kwargs):
        if is_own(username):
            # With its own password it still gets a token.
            return None
        import ldap

        for option in (ldap.OPT_NETWORK_TIMEOUT, ldap.OPT_TIMEOUT):
            ldap.set_option(option, patience)
        try:
            return super().auth_user_ldap(username, password, *args, **kwargs)
        except Exception as error:
            log.error("%s could not be signed in: %s", username, error)
            return None

    def _search_ldap(self, ldap, con, username):
        name, attributes = super()._search_ldap(ldap, con, username)
        if name is None:
            return None, None
        attribute = ldap_settings["groupAttribute"]
        known = {plain_dn(group): group for group in settings["roles"]}
        groups = [group.decode("utf-8", "replace") for group in attributes.get(attribute, [])]
        # With no attribute at all, Airflow would leave the roles of before.
        attributes = {**attributes, attribute: [known.get(plain_dn(group), group).encode() for group in groups]}
        if not self._ldap_calculate_user_roles(attributes):
            log.warning("%s is in no group that auth.ldap.roles names: %s", username, groups)
            return None, None
        return name, attributes

    def _ldap_calculate_user_roles(self, user_attributes):
        return self.granted(
            [group.decode("utf-8", "replace") for group in user_attributes.get(ldap_settings["groupAttribute"], [])]
        )


SECURITY_MANAGER_CLASS = SecurityManager
AUTH_ROLES_MAPPING = settings["roles"]
AUTH_ROLES_SYNC_AT_LOGIN = True
# Whoever is let in has a user in Airflow from then on.
AUTH_USER_REGISTRATION = True

if oidc:
    from authlib.integrations.flask_client import FlaskOAuth2App
    from authlib.integrations.requests_client import OAuth2Session

    class Session(OAuth2Session):
        """One whose own authority counts, also where a variable such as REQUESTS_CA_BUNDLE names another."""

        def request(self, *args, **kwargs):
            kwargs.setdefault("verify", self.verify)
            return super().request(*args, **kwargs)

    class Client(FlaskOAuth2App):
        client_cls = Session

    AUTH_TYPE = AUTH_OAUTH
    client_secret = os.environ.get("AIRFLOW_KUBERNETES_OIDC_CLIENT_SECRET")
    OAUTH_PROVIDERS = [
        {
            "name": oidc["name"],
            "icon": "fa-key",
            "token_key": "access_token",
            "remote_app": {
                **({"client_cls": Client} if os.path.exists(authority) else {}),
                "client_id": oidc["clientId"],
                "client_secret": client_secret,
                "server_metadata_url": oidc["issuer"].rstrip("/") + "/.well-known/openid-configuration",
                "client_kwargs": {
                    "scope": " ".join(oidc["scopes"]),
                    "code_challenge_method": "S256",
                    "default_timeout": patience,
                    **({} if client_secret else {"token_endpoint_auth_method": "none"}),
                    **({"verify": authority} if os.path.exists(authority) else {}),
                },
            },
        }
    ]

if ldap_settings:
    AUTH_TYPE = AUTH_LDAP
    AUTH_LDAP_SERVER = ldap_settings["server"]
    AUTH_LDAP_USE_TLS = ldap_settings["startTls"]
    # Only with this does the authority below count.
    AUTH_LDAP_TLS_DEMAND = True
    AUTH_LDAP_TLS_CACERTFILE = authority if os.path.exists(authority) else ""
    AUTH_LDAP_BIND_USER = ldap_settings["bindDn"]
    AUTH_LDAP_BIND_PASSWORD = os.environ.get("AIRFLOW_KUBERNETES_LDAP_BIND_PASSWORD", "")
    AUTH_LDAP_SEARCH = ldap_settings["baseDn"]
    AUTH_LDAP_SEARCH_FILTER = ldap_settings.get("userFilter") or ""
    AUTH_LDAP_UID_FIELD = ldap_settings["usernameAttribute"]
    AUTH_LDAP_FIRSTNAME_FIELD = ldap_settings["firstNameAttribute"]
    AUTH_LDAP_LASTNAME_FIELD = ldap_settings["lastNameAttribute"]
    AUTH_LDAP_EMAIL_FIELD = ldap_settings["emailAttribute"]
    AUTH_LDAP_GROUP_FIELD = ldap_settings["groupAttribute"]
    AUTH_LDAP_USE_NESTED_GROUPS_FOR_ROLES = ldap_settings["nestedGroups"]

/**
 * A provider of OpenID Connect for tests: oidc-provider, which is certified as one, with accounts in memory. Any password is taken.
 * Groups and names are in the userinfo alone, as the standard has it where there is an access token.
 *
 * The environment: ISSUER (https), PORT, CERTIFICATE and KEY (files, PEM), CLIENT_ID, CLIENT_SECRET, REDIRECT_URIS (with spaces
 * between), and ACCOUNTS, JSON of the groups by name.
 */

import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import Provider from "oidc-provider";

const { ACCOUNTS, CERTIFICATE, CLIENT_ID, CLIENT_SECRET, ISSUER, KEY, PORT, REDIRECT_URIS } = process.env;
const accounts = JSON.parse(ACCOUNTS);

const provider = new Provider(ISSUER, {
    clients: [
        {
            client_id: CLIENT_ID,
            client_secret: CLIENT_SECRET,
            application_type: "native",
            redirect_uris: REDIRECT_URIS.split(" "),
            grant_types: ["authorization_code"],
            response_types: ["code"],
        },
    ],
    pkce: { required: () => true },
    cookies: { keys: ["a key for tests"] },
    claims: {
        openid: ["sub"],
        profile: ["preferred_username", "given_name", "family_name", "groups"],
        email: ["email", "email_verified"],
    },
    findAccount: (_context, id) => ({
        accountId: id,
        claims: () => ({
            sub: `id-of-${id}`,
            preferred_username: id,
            given_name: id[0].toUpperCase() + id.slice(1),
            family_name: "Tester",
            email: `${id}@example.org`,
            email_verified: true,
            groups: accounts[id] ?? [],
        }),
    }),
    // Its forms for development ask for a name, a password, and for consent.
    features: { devInteractions: { enabled: true } },
});

const server = createServer({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) }, provider.callback());
server.listen(Number(PORT), () => console.log(`${ISSUER} answers`));

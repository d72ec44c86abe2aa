import { names } from "../kubernetes/names";
import type { CommonSettings } from "../settings/airflowKubernetesDefaults";
import { check, dnsName, shown } from "../validation/checks";
import type { Problem } from "../validation/problems";

/** Problems of pull Secrets and of registries that ask for a login. What is not known yet is taken as right. */
export function pullProblems({
    imagePullSecrets,
    registries,
}: Pick<CommonSettings, "imagePullSecrets" | "registries">): Problem[] {
    return [
        ...imagePullSecrets.flatMap((name, index) => [
            ...dnsName(`airflow.imagePullSecrets[${index}]`, name),
            ...check(
                name !== names.registries || imagePullSecrets.indexOf(name, index + 1) < 0,
                `airflow.imagePullSecrets[${index}]`,
                name,
                "another name: the component makes this Secret of airflow.registries",
            ),
        ]),
        ...registries.flatMap(({ server, username, password }, index) => {
            const path = `airflow.registries[${index}]`;
            const isFirst =
                typeof server !== "string" || registries.findIndex((each) => each.server === server) === index;
            return [
                ...(typeof server === "string" ? serverProblems(`${path}.server`, server) : []),
                ...check(isFirst, `${path}.server`, undefined, "each registry once"),
                ...(typeof username === "string"
                    ? check(/^[^:\p{C}]+$/u.test(username), `${path}.username`, undefined, "a name without a colon")
                    : []),
                ...(typeof password === "string"
                    ? check(/^\P{C}+$/u.test(password), `${path}.password`, undefined, "a password or a token")
                    : []),
            ];
        }),
    ];
}

/** A registry as it comes first in the name of an image, perhaps with a part of the path. */
function serverProblems(path: string, server: string): Problem[] {
    const label = "[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?";
    const valid = new RegExp(`^${label}(\\.${label})*(:\\d{1,5})?(/[a-z0-9._/-]+)?$`).test(server);
    return check(
        valid && !/\/$|\/\//.test(server),
        path,
        shown(server),
        "a registry as in the names of images, without protocol, such as registry.example.com:5000 or docker.io",
    );
}

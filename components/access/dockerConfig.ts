import type * as pulumi from "@pulumi/pulumi";
import type { RegistryArgs } from "../settings/registryArgs";

/** How kubelets know the registry that an image without a host comes from. */
const dockerHub = "https://index.docker.io/v1/";

/** What a pull Secret holds: the file that `docker login` writes. */
export interface DockerConfig {
    /** Logins by the name of the registry. */
    readonly auths: Readonly<Record<string, DockerLogin>>;
}

/** One login. */
export interface DockerLogin {
    readonly username: string;
    readonly password: string;
    /** Both, as the header of a request has them. */
    readonly auth: string;
}

/** Logins of registries as kubelets read them. */
export function dockerConfig(registries: readonly pulumi.Unwrap<RegistryArgs>[]): DockerConfig {
    const login = ({ username, password }: pulumi.Unwrap<RegistryArgs>): DockerLogin => ({
        username,
        password,
        auth: Buffer.from(`${username}:${password}`).toString("base64"),
    });
    return {
        auths: Object.fromEntries(
            registries.map((registry) => [
                registry.server === "docker.io" ? dockerHub : registry.server,
                login(registry),
            ]),
        ),
    };
}

import type { Fields } from "../../components/kubernetes/fields";
import { plain, valueAt } from "./chartValues";
import type { At } from "./row";
import { carried, left, type Step, same } from "./steps";

/** The Airflow that the chart's values ask for. */
interface Wanted {
    readonly repository: string;
    readonly tag?: string;
    readonly digest?: string;
    /** Three numbers, as far as they are told. */
    readonly version?: string;
}

const stock = /^(docker\.io\/)?apache\/airflow$/;

function wanted(values: Fields): Wanted {
    const text = (...paths: readonly string[]) => {
        const value = paths.map((path) => valueAt(values, path)).find((found) => found !== undefined);
        return value === undefined ? undefined : plain(value);
    };
    const tag = text("images.airflow.tag", "defaultAirflowTag");
    const told = text("airflowVersion") ?? tag;
    return {
        repository: text("images.airflow.repository", "defaultAirflowRepository") ?? "apache/airflow",
        tag: tag ?? text("airflowVersion"),
        digest: text("images.airflow.digest", "defaultAirflowDigest"),
        version: /^\d+\.\d+\.\d+/.exec(told ?? "")?.[0],
    };
}

function isOld(version: string): boolean {
    const [major, minor, patch] = version.split(".").map(Number);
    return major < 3 || (major === 3 && (minor < 2 || (minor === 2 && patch < 2)));
}

/** The image that the values name, unless it is the one that Airflow's project makes of this version. */
function imageOf({ repository, tag, digest, version }: Wanted): string | undefined {
    if (stock.test(repository) && digest === undefined && (tag === undefined || tag === version)) {
        return undefined;
    }
    return digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`;
}

/** Whether the DAGs are in the image, as far as the values tell: it is an own one, and they come from nowhere else. */
export function dagsAreInImage(values: Fields): boolean {
    const elsewhere = ["dags.gitSync.enabled", "dags.persistence.enabled"].some(
        (path) => valueAt(values, path) === true,
    );
    return (
        !elsewhere &&
        valueAt(values, "dagProcessor.dagBundleConfigList") === undefined &&
        !stock.test(wanted(values).repository)
    );
}

/** Version and image of Airflow, whichever key says a part of it. */
export function airflowImage(_value: unknown, { key, values }: At): readonly Step[] {
    const all = wanted(values);
    if (all.version !== undefined && isOld(all.version)) {
        return [
            left(
                `Airflow ${all.version} cannot run here: 3.2.2 or newer is needed. Move DAGs and image to it, then set airflow.version and airflow.image`,
            ),
        ];
    }
    if (key === "airflowVersion") {
        return [
            all.version === undefined
                ? left("airflow.version has three numbers, such as 3.3.2")
                : carried("airflow.version", all.version),
        ];
    }
    const image = imageOf(all);
    if (image === undefined) {
        return [
            all.version === undefined
                ? same("it is the image of Airflow's project")
                : carried("airflow.version", all.version),
        ];
    }
    if (all.tag === undefined && all.digest === undefined) {
        return [left("the tag is missing: set airflow.image")];
    }
    const version = all.version === undefined ? {} : { version: all.version };
    const dags = dagsAreInImage(values)
        ? {
              dags: {
                  delivery: "image",
                  image: { path: plain(valueAt(values, "dags.mountPath") ?? "/opt/airflow/dags") },
              },
          }
        : {};
    const text = dags.dags === undefined ? "airflow.image" : "airflow.image; DAGs are taken from it (dags.delivery)";
    return [{ ...carried("airflow.image", image), text, patch: { airflow: { image, ...version }, ...dags } }];
}

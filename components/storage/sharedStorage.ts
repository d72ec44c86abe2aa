import * as pulumi from "@pulumi/pulumi";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { DynamicVolumes } from "./dynamicVolumes";
import { NfsServer } from "./nfsServer";
import type { MadeStorage } from "./sharedVolumes";
import { storageLocation } from "./storageLocation";

/** Arguments of {@link SharedStorage}. */
export interface SharedStorageArgs {
    readonly instance: string;
    readonly settings: AirflowSettings;
}

/** Storage of the shared volumes, as far as the component makes it: an NFS server, or volumes of a StorageClass. */
export class SharedStorage extends pulumi.ComponentResource {
    /** Values that are known once it exists. */
    public readonly made: MadeStorage;
    /** The NFS server, for that kind. */
    public readonly nfsServer?: NfsServer;
    /** The volumes of the StorageClass, for that kind. Their directories are prepared. */
    public readonly dynamic?: DynamicVolumes;

    /** @param name The unique name of this component. */
    constructor(name: string, args: SharedStorageArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:SharedStorage", name, {}, opts);

        const location = storageLocation(args.settings);
        if (location === "nfsServer") {
            this.nfsServer = new NfsServer(`${name}-nfs-server`, args, { parent: this });
        }
        if (location === "storageClass") {
            this.dynamic = new DynamicVolumes(`${name}-class`, args, { parent: this });
        }

        this.made = { nfsServer: this.nfsServer?.address, dynamic: this.dynamic?.volumes };
        this.registerOutputs({});
    }
}

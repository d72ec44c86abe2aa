import { ports } from "../kubernetes/names";

/** What the NFS server in the cluster exports, as its clients name it. */
export const nfsExport = "/export";

/** Where the server sees its disk. What it exports is a directory of it, so that clients see neither its state nor lost+found. */
export const nfsDisk = "/disk";

/** Clients of the server, and versions of NFS. */
export interface GaneshaOptions {
    /** Whether it speaks version 3 beside version 4. */
    readonly version3: boolean;
    /** Addresses and CIDRs that it serves; all when it is left out. */
    readonly clients?: readonly string[];
}

/** Whether mount options ask for version 3 of NFS: version 4 needs one port and no further daemon. */
export function asksForVersion3(mountOptions: readonly string[]): boolean {
    return mountOptions.some((option) => /^(nfs)?vers=3$/.test(option));
}

/**
 * Configuration of NFS-Ganesha with one export.
 *
 * @see https://github.com/nfs-ganesha/nfs-ganesha/blob/next/src/doc/man/ganesha-core-config.rst
 * @see https://github.com/nfs-ganesha/nfs-ganesha/blob/next/src/doc/man/ganesha-export-config.rst
 */
export function ganeshaConfiguration({ version3, clients }: GaneshaOptions): string {
    const protocols = version3 ? "3, 4" : "4";
    return `NFS_CORE_PARAM {
    Protocols = ${protocols};
    NFS_Port = ${ports.nfs};
    MNT_Port = ${ports.mountd};
    # A path means the same to version 3 as to version 4.
    Mount_Path_Pseudo = true;
    # Locks and quotas of version 3 would need further daemons. Version 4 has locks of its own.
    Enable_NLM = false;
    Enable_RQUOTA = false;
}
NFSv4 {
    # Clients that held files open when the server stopped are noted on the disk, and may go on.
    RecoveryBackend = fs;
    RecoveryRoot = ${nfsDisk}/state;
    # Clients of version 4 wait that long after a restart.
    Grace_Period = 5;
    Lease_Lifetime = 5;
    # Users and groups are numbers: there is no directory of names.
    Only_Numeric_Owners = true;
}
EXPORT_DEFAULTS {
    Access_Type = ${clients === undefined ? "RW" : "None"};
    # The Job that prepares the volumes is root.
    Squash = No_Root_Squash;
    SecType = sys;
    Protocols = ${protocols};
    Transports = TCP;
}
EXPORT {
    Export_Id = 1;
    Path = ${nfsDisk}${nfsExport};
    Pseudo = ${nfsExport};
    FSAL { Name = VFS; }
${clients === undefined ? "" : clientBlocks(clients)}}
NFS_KRB5 {
    Active_krb5 = false;
}
LOG {
    Default_Log_Level = EVENT;
}
`;
}

/** NFS trusts the user that a client names, so only its address distinguishes a node from a pod. */
function clientBlocks(clients: readonly string[]): string {
    return `    CLIENT {
        Clients = ${clients.join(", ")};
        Access_Type = RW;
    }
    CLIENT {
        # The server's own probe.
        Clients = 127.0.0.1;
        Access_Type = RO;
    }
`;
}

/** Shell commands that start the server in place of the shell. */
export function ganeshaStart({ version3 }: Pick<GaneshaOptions, "version3">): string {
    return [
        `mkdir -p ${nfsDisk}${nfsExport} ${nfsDisk}/state`,
        // Ganesha looks up there what it exports.
        "[ -e /etc/mtab ] || ln -s /proc/self/mounts /etc/mtab",
        ...(version3 ? ["rpcbind"] : []),
        "exec ganesha.nfsd -F -L /dev/stdout -p /run/ganesha.pid -f /etc/ganesha/ganesha.conf",
    ].join("\n");
}

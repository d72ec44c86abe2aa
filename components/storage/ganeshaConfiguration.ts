import { ports } from "../kubernetes/names";

/** What the NFS server in the cluster exports, as its clients name it. */
export const nfsExport = "/export";

/** Where the server sees its disk. What it exports is a directory of it, so that clients see neither its state nor lost+found. */
export const nfsDisk = "/disk";

/**
 * Configuration of NFS-Ganesha: one export, for the versions 3 and 4.
 *
 * @see https://github.com/nfs-ganesha/nfs-ganesha/blob/next/src/doc/man/ganesha-core-config.rst
 */
export const ganeshaConfiguration = `NFS_CORE_PARAM {
    Protocols = 3, 4;
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
    Access_Type = RW;
    # The Job that prepares the volumes is root.
    Squash = No_Root_Squash;
    SecType = sys;
    Protocols = 3, 4;
    Transports = TCP;
}
EXPORT {
    Export_Id = 1;
    Path = ${nfsDisk}${nfsExport};
    Pseudo = ${nfsExport};
    FSAL { Name = VFS; }
}
NFS_KRB5 {
    Active_krb5 = false;
}
LOG {
    Default_Log_Level = EVENT;
}
`;

/** Shell commands that start the server in place of the shell. */
export const ganeshaStart = [
    `mkdir -p ${nfsDisk}${nfsExport} ${nfsDisk}/state`,
    // Ganesha looks up there what it exports.
    "[ -e /etc/mtab ] || ln -s /proc/self/mounts /etc/mtab",
    "rpcbind",
    "exec ganesha.nfsd -F -L /dev/stdout -p /run/ganesha.pid -f /etc/ganesha/ganesha.conf",
].join("\n");

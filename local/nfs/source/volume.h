/* One mounted directory of a server. */
#ifndef VOLUME_H
#define VOLUME_H

#include <nfsc/libnfs-raw-nfs.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "inodes.h"
#include "options.h"
#include "rpc.h"

struct volume {
    struct options options;
    struct server server;
    struct inodes inodes;
    size_t read_size;
    size_t write_size;
    pthread_mutex_t lock;
    struct stat root;      /* as last seen: what unmounting asks for must not wait for the server */
    struct statvfs space;
    struct inode *dirty;   /* files with chunks */
    int appends;           /* a file whose bytes stand for files that are appended to, for all mounts of the node */
};

/* Calls procedure NAME of NFS with its own types. */
#define CALL(volume, caller, NAME, arguments, payload, result, reply, again)                                           \
    nfs_call(&(volume)->server, caller, NFS3_##NAME, (zdrproc_t)zdr_##NAME##3args, arguments, payload,                 \
             (zdrproc_t)zdr_##NAME##3res, result, sizeof *(result), reply, again)

/* The negative errno for what a server answered. */
int errno_of(nfsstat3 status);

nfs_fh3 handle_of(struct inode *inode);

/* The attributes of a file, asked for now. */
int get_attributes(struct volume *volume, const struct caller *caller, struct inode *inode, fattr3 *attributes);

/* How much room there is, as last known when the server does not answer. */
int get_space(struct volume *volume, const struct caller *caller, struct statvfs *space);

/* All of FUSE's requests. */
extern const struct fuse_lowlevel_ops operations;

#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "volume.h"
#include "writes.h"

enum {
    block_size = 1 << 16,
    answer_about_root = 3000, /* milliseconds after which what unmounting asks for is answered from memory */
    close_patience = 5000,    /* of an outage, after which close(2) leaves committing to the background */
};

/* An open file. It is read and written with the rights of who opened it. */
struct open_file {
    struct inode *inode;
    struct credentials who;
};

/* An open directory, with the part of it that was read last. */
struct open_directory {
    pthread_mutex_t lock;
    cookieverf3 verifier;
    struct reply reply;
    entryplus3 *next;
    uint64_t cookie; /* at which `next` follows */
    bool at_end;
};

int errno_of(nfsstat3 status) {
    switch (status) {
    case NFS3_OK: return 0;
    case NFS3ERR_NAMETOOLONG: return -ENAMETOOLONG;
    case NFS3ERR_NOTEMPTY: return -ENOTEMPTY;
    case NFS3ERR_DQUOT: return -EDQUOT;
    case NFS3ERR_STALE:
    case NFS3ERR_BADHANDLE: return -ESTALE;
    case NFS3ERR_NOTSUPP: return -EOPNOTSUPP;
    case NFS3ERR_BADTYPE:
    case NFS3ERR_TOOSMALL: return -EINVAL;
    default: return status < 70 ? -(int)status : -EIO; // the numbers of the others are those of Unix
    }
}

nfs_fh3 handle_of(struct inode *inode) { return (nfs_fh3){{inode->handle_length, inode->handle}}; }

static struct volume *volume_of(fuse_req_t request) { return fuse_req_userdata(request); }

static struct caller caller_of(fuse_req_t request) {
    const struct fuse_ctx *context = fuse_req_ctx(request);
    struct caller caller = {.who = {.uid = context->uid, .gid = context->gid}, .request = request};
    gid_t groups[64];
    int count = fuse_req_getgroups(request, sizeof groups / sizeof *groups, groups);
    for (int i = 0; i < count && i < 64 && caller.who.count < most_groups; i++) {
        caller.who.groups[caller.who.count++] = groups[i];
    }
    return caller;
}

static struct caller caller_with(fuse_req_t request, const struct open_file *file) {
    return (struct caller){.who = file->who, .request = request};
}

static struct open_file *file_of(const struct fuse_file_info *info) { return (struct open_file *)(uintptr_t)info->fh; }

/* Answers with an error, given as a negative errno. */
static void fail(fuse_req_t request, int error) { fuse_reply_err(request, error == -ETIMEDOUT ? EIO : -error); }

static mode_t type_of(ftype3 type) {
    static const mode_t types[] = {0, S_IFREG, S_IFDIR, S_IFBLK, S_IFCHR, S_IFLNK, S_IFSOCK, S_IFIFO};
    return type <= NF3FIFO ? types[type] : 0;
}

static struct timespec time_of(nfstime3 time) { return (struct timespec){(int32_t)time.seconds, time.nseconds}; }

static struct stat stat_of(const fattr3 *from) {
    return (struct stat){
        .st_ino = from->fileid,
        .st_mode = type_of(from->type) | (from->mode & 07777),
        .st_nlink = from->nlink,
        .st_uid = from->uid,
        .st_gid = from->gid,
        .st_rdev = makedev(from->rdev.specdata1, from->rdev.specdata2),
        .st_size = (off_t)from->size,
        .st_blksize = block_size,
        .st_blocks = (blkcnt_t)((from->used + 511) / 512),
        .st_atim = time_of(from->atime),
        .st_mtim = time_of(from->mtime),
        .st_ctim = time_of(from->ctime),
    };
}

int get_attributes(struct volume *volume, const struct caller *caller, struct inode *inode, fattr3 *attributes) {
    GETATTR3args arguments = {handle_of(inode)};
    GETATTR3res result;
    struct reply reply;
    int failed = CALL(volume, caller, GETATTR, &arguments, 0, &result, &reply, NULL);
    if (failed) return failed;
    reply_free(&reply);
    *attributes = result.GETATTR3res_u.resok.obj_attributes;
    return errno_of(result.status);
}

static int set_attributes(struct volume *volume, const struct caller *caller, struct inode *inode, const sattr3 *wanted,
                          fattr3 *attributes) {
    SETATTR3args arguments = {.object = handle_of(inode), .new_attributes = *wanted};
    SETATTR3res result;
    struct reply reply;
    int failed = CALL(volume, caller, SETATTR, &arguments, 0, &result, &reply, NULL);
    if (failed) return failed;
    reply_free(&reply);
    if (result.status != NFS3_OK) return errno_of(result.status);
    const post_op_attr *after = &result.SETATTR3res_u.resok.obj_wcc.after;
    if (!after->attributes_follow) return get_attributes(volume, caller, inode, attributes);
    *attributes = after->post_op_attr_u.attributes;
    return 0;
}

/* Finds a name. With its inode, which has one more reference then. */
static int find(struct volume *volume, const struct caller *caller, struct inode *directory, const char *name,
                struct inode **inode, fattr3 *attributes) {
    LOOKUP3args arguments = {{handle_of(directory), (char *)name}};
    LOOKUP3res result;
    struct reply reply;
    int failed = CALL(volume, caller, LOOKUP, &arguments, 0, &result, &reply, NULL);
    if (failed) return failed;
    LOOKUP3resok *found = &result.LOOKUP3res_u.resok;
    failed = errno_of(result.status);
    *inode = NULL;
    if (!failed && found->obj_attributes.attributes_follow) {
        *attributes = found->obj_attributes.post_op_attr_u.attributes;
    } else if (!failed && found->object.data.data_len > longest_handle) {
        failed = -EIO;
    } else if (!failed) {
        struct inode alone = {.handle_length = found->object.data.data_len};
        memcpy(alone.handle, found->object.data.data_val, alone.handle_length);
        failed = get_attributes(volume, caller, &alone, attributes);
    }
    if (!failed) {
        *inode = inode_take(&volume->inodes, found->object.data.data_val, found->object.data.data_len, attributes->fsid,
                            attributes->fileid);
        if (!*inode) failed = -ENOMEM;
    }
    reply_free(&reply);
    return failed;
}

/* The inode of what was just made: from the answer if the server says it there. */
static int made(struct volume *volume, const struct caller *caller, struct inode *directory, const char *name,
                const post_op_fh3 *handle, const post_op_attr *after, struct inode **inode, fattr3 *attributes) {
    if (!handle->handle_follows || !after->attributes_follow) {
        return find(volume, caller, directory, name, inode, attributes);
    }
    const nfs_fh3 *given = &handle->post_op_fh3_u.handle;
    *attributes = after->post_op_attr_u.attributes;
    *inode = inode_take(&volume->inodes, given->data.data_val, given->data.data_len, attributes->fsid, attributes->fileid);
    return *inode ? 0 : -ENOMEM;
}

/* Nothing is cached by name or attributes: what others did is seen at once. */
static struct fuse_entry_param entry_of(struct volume *volume, struct inode *inode, const fattr3 *attributes) {
    return (struct fuse_entry_param){.ino = number_of(&volume->inodes, inode), .attr = stat_of(attributes)};
}

static void answer_entry(fuse_req_t request, int failed, struct inode *inode, const fattr3 *attributes) {
    struct volume *volume = volume_of(request);
    if (failed) {
        fail(request, failed);
        return;
    }
    struct fuse_entry_param entry = entry_of(volume, inode, attributes);
    if (fuse_reply_entry(request, &entry) != 0) inode_drop(&volume->inodes, inode, 1);
}

static struct inode *inode_for(fuse_req_t request, fuse_ino_t number) {
    return inode_of(&volume_of(request)->inodes, number);
}

static void do_init(void *data, struct fuse_conn_info *connection) {
    struct volume *volume = data;
    connection->max_write = (unsigned)volume->write_size;
    connection->max_readahead = 1 << 20;
    connection->max_background = 64;
    connection->congestion_threshold = 48;
}

static void do_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
    struct caller caller = caller_of(request);
    struct inode *inode;
    fattr3 attributes;
    int failed = find(volume_of(request), &caller, inode_for(request, parent), name, &inode, &attributes);
    answer_entry(request, failed, inode, &attributes);
}

static void do_forget(fuse_req_t request, fuse_ino_t number, uint64_t count) {
    inode_drop(&volume_of(request)->inodes, inode_for(request, number), count);
    fuse_reply_none(request);
}

static void do_forget_multi(fuse_req_t request, size_t count, struct fuse_forget_data *forgets) {
    for (size_t i = 0; i < count; i++) {
        inode_drop(&volume_of(request)->inodes, inode_for(request, forgets[i].ino), forgets[i].nlookup);
    }
    fuse_reply_none(request);
}

static void do_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info) {
    (void)info;
    struct volume *volume = volume_of(request);
    struct caller caller = caller_of(request);
    fattr3 attributes;
    if (number == FUSE_ROOT_ID) {
        // Who unmounts looks at the directory first, and the server may be gone for good.
        caller.patience = answer_about_root;
        caller.deadline = now() + answer_about_root;
    }
    int failed = get_attributes(volume, &caller, inode_for(request, number), &attributes);
    struct stat stat = failed ? (struct stat){0} : stat_of(&attributes);
    if (number == FUSE_ROOT_ID) {
        pthread_mutex_lock(&volume->lock);
        if (!failed) volume->root = stat;
        if (failed == -ETIMEDOUT) {
            stat = volume->root;
            failed = 0;
        }
        pthread_mutex_unlock(&volume->lock);
    }
    if (failed) {
        fail(request, failed);
    } else {
        fuse_reply_attr(request, &stat, 0);
    }
}

static nfstime3 time_for_server(struct timespec time) { return (nfstime3){(u_int)time.tv_sec, (u_int)time.tv_nsec}; }

static sattr3 wanted_of(const struct stat *stat, int set) {
    sattr3 wanted = {0};
    if (set & FUSE_SET_ATTR_MODE) wanted.mode = (set_mode3){1, {stat->st_mode & 07777}};
    if (set & FUSE_SET_ATTR_UID) wanted.uid = (set_uid3){1, {stat->st_uid}};
    if (set & FUSE_SET_ATTR_GID) wanted.gid = (set_gid3){1, {stat->st_gid}};
    if (set & FUSE_SET_ATTR_SIZE) wanted.size = (set_size3){1, {(size3)stat->st_size}};
    if (set & FUSE_SET_ATTR_ATIME) wanted.atime = (set_atime){SET_TO_CLIENT_TIME, {time_for_server(stat->st_atim)}};
    if (set & FUSE_SET_ATTR_MTIME) wanted.mtime = (set_mtime){SET_TO_CLIENT_TIME, {time_for_server(stat->st_mtim)}};
    if (set & FUSE_SET_ATTR_ATIME_NOW) wanted.atime.set_it = SET_TO_SERVER_TIME;
    if (set & FUSE_SET_ATTR_MTIME_NOW) wanted.mtime.set_it = SET_TO_SERVER_TIME;
    return wanted;
}

/* Cuts or lengthens a file; what is still kept for it goes to the disk before, or it might come back. */
static int set_size(struct volume *volume, const struct caller *caller, struct inode *inode, const sattr3 *wanted,
                    fattr3 *attributes) {
    int failed = commit(volume, caller, inode);
    return failed ? failed : set_attributes(volume, caller, inode, wanted, attributes);
}

static void do_setattr(fuse_req_t request, fuse_ino_t number, struct stat *stat, int set, struct fuse_file_info *info) {
    struct volume *volume = volume_of(request);
    struct caller caller = info && (set & FUSE_SET_ATTR_SIZE) ? caller_with(request, file_of(info)) : caller_of(request);
    sattr3 wanted = wanted_of(stat, set);
    struct inode *inode = inode_for(request, number);
    fattr3 attributes;
    int failed = set & FUSE_SET_ATTR_SIZE ? set_size(volume, &caller, inode, &wanted, &attributes)
                                          : set_attributes(volume, &caller, inode, &wanted, &attributes);
    if (failed) {
        fail(request, failed);
        return;
    }
    struct stat after = stat_of(&attributes);
    fuse_reply_attr(request, &after, 0);
}

static void do_readlink(fuse_req_t request, fuse_ino_t number) {
    struct caller caller = caller_of(request);
    READLINK3args arguments = {handle_of(inode_for(request, number))};
    READLINK3res result;
    struct reply reply;
    int failed = CALL(volume_of(request), &caller, READLINK, &arguments, 0, &result, &reply, NULL);
    if (failed) {
        fail(request, failed);
        return;
    }
    if (result.status == NFS3_OK) {
        fuse_reply_readlink(request, result.READLINK3res_u.resok.data);
    } else {
        fail(request, errno_of(result.status));
    }
    reply_free(&reply);
}

static sattr3 with_mode(mode_t mode) { return (sattr3){.mode = {1, {mode & 07777}}}; }

static void do_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode) {
    struct volume *volume = volume_of(request);
    struct caller caller = caller_of(request);
    struct inode *directory = inode_for(request, parent), *inode = NULL;
    MKDIR3args arguments = {{handle_of(directory), (char *)name}, with_mode(mode)};
    MKDIR3res result;
    struct reply reply;
    bool again;
    fattr3 attributes;
    int failed = CALL(volume, &caller, MKDIR, &arguments, 0, &result, &reply, &again);
    if (!failed) {
        failed = errno_of(result.status);
        MKDIR3resok *done = &result.MKDIR3res_u.resok;
        if (!failed) failed = made(volume, &caller, directory, name, &done->obj, &done->obj_attributes, &inode, &attributes);
        // The first try made it, and its answer was lost.
        if (failed == -EEXIST && again) failed = find(volume, &caller, directory, name, &inode, &attributes);
        reply_free(&reply);
    }
    answer_entry(request, failed, inode, &attributes);
}

static void do_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name) {
    struct volume *volume = volume_of(request);
    struct caller caller = caller_of(request);
    struct inode *directory = inode_for(request, parent), *inode = NULL;
    SYMLINK3args arguments = {{handle_of(directory), (char *)name}, {with_mode(0777), (char *)target}};
    SYMLINK3res result;
    struct reply reply;
    bool again;
    fattr3 attributes;
    int failed = CALL(volume, &caller, SYMLINK, &arguments, strlen(target), &result, &reply, &again);
    if (!failed) {
        failed = errno_of(result.status);
        SYMLINK3resok *done = &result.SYMLINK3res_u.resok;
        if (!failed) failed = made(volume, &caller, directory, name, &done->obj, &done->obj_attributes, &inode, &attributes);
        if (failed == -EEXIST && again) failed = find(volume, &caller, directory, name, &inode, &attributes);
        reply_free(&reply);
    }
    answer_entry(request, failed, inode, &attributes);
}

/* Makes a file, unless it is there. */
static int create_guarded(struct volume *volume, const struct caller *caller, struct inode *directory, const char *name,
                          mode_t mode, struct inode **inode, fattr3 *attributes) {
    CREATE3args arguments = {{handle_of(directory), (char *)name},
                             {GUARDED, {.g_obj_attributes = with_mode(mode)}}};
    CREATE3res result;
    struct reply reply;
    int failed = CALL(volume, caller, CREATE, &arguments, 0, &result, &reply, NULL);
    if (failed) return failed;
    failed = errno_of(result.status);
    CREATE3resok *done = &result.CREATE3res_u.resok;
    if (!failed) failed = made(volume, caller, directory, name, &done->obj, &done->obj_attributes, inode, attributes);
    reply_free(&reply);
    return failed;
}

/* Makes a file that nobody else may have made. The verifier tells the server a call sent again from that of another. */
static int create_exclusive(struct volume *volume, const struct caller *caller, struct inode *directory,
                            const char *name, mode_t mode, struct inode **inode, fattr3 *attributes) {
    static unsigned count;
    CREATE3args arguments = {{handle_of(directory), (char *)name}, {.mode = EXCLUSIVE}};
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    // Servers keep it where the times of the file are, in 31 bits each.
    uint32_t verifier[2] = {(uint32_t)(time.tv_nsec ^ (getpid() << 12)) & 0x3fffffff,
                            (__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED) ^ (uint32_t)time.tv_sec << 8) & 0x3fffffff};
    memcpy(arguments.how.createhow3_u.verf, verifier, sizeof verifier);
    CREATE3res result;
    struct reply reply;
    int failed = CALL(volume, caller, CREATE, &arguments, 0, &result, &reply, NULL);
    if (failed) return failed;
    failed = errno_of(result.status);
    CREATE3resok *done = &result.CREATE3res_u.resok;
    if (!failed) failed = made(volume, caller, directory, name, &done->obj, &done->obj_attributes, inode, attributes);
    reply_free(&reply);
    if (failed) return failed;
    sattr3 wanted = with_mode(mode);
    wanted.atime.set_it = wanted.mtime.set_it = SET_TO_SERVER_TIME;
    failed = set_attributes(volume, caller, *inode, &wanted, attributes);
    if (failed) inode_drop(&volume->inodes, *inode, 1);
    return failed;
}

static void do_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, dev_t device) {
    struct volume *volume = volume_of(request);
    struct caller caller = caller_of(request);
    struct inode *directory = inode_for(request, parent), *inode = NULL;
    fattr3 attributes;
    int failed;
    if (S_ISREG(mode)) {
        failed = create_guarded(volume, &caller, directory, name, mode, &inode, &attributes);
    } else {
        MKNOD3args arguments = {.where = {handle_of(directory), (char *)name}};
        arguments.what.type = S_ISCHR(mode) ? NF3CHR : S_ISBLK(mode) ? NF3BLK : S_ISSOCK(mode) ? NF3SOCK : NF3FIFO;
        if (S_ISCHR(mode) || S_ISBLK(mode)) {
            arguments.what.mknoddata3_u.chr_device = (devicedata3){with_mode(mode), {major(device), minor(device)}};
        } else {
            arguments.what.mknoddata3_u.pipe_attributes = with_mode(mode);
        }
        MKNOD3res result;
        struct reply reply;
        failed = CALL(volume, &caller, MKNOD, &arguments, 0, &result, &reply, NULL);
        if (!failed) {
            failed = errno_of(result.status);
            MKNOD3resok *done = &result.MKNOD3res_u.resok;
            if (!failed) {
                failed = made(volume, &caller, directory, name, &done->obj, &done->obj_attributes, &inode, &attributes);
            }
            reply_free(&reply);
        }
    }
    answer_entry(request, failed, inode, &attributes);
}

static int remove_name(struct volume *volume, const struct caller *caller, struct inode *directory, const char *name) {
    REMOVE3args arguments = {{handle_of(directory), (char *)name}};
    REMOVE3res result;
    struct reply reply;
    bool again;
    int failed = CALL(volume, caller, REMOVE, &arguments, 0, &result, &reply, &again);
    if (failed) return failed;
    reply_free(&reply);
    return result.status == NFS3ERR_NOENT && again ? 0 : errno_of(result.status);
}

static int rename_entry(struct volume *volume, const struct caller *caller, struct inode *from, const char *name,
                        struct inode *to, const char *new_name) {
    RENAME3args arguments = {{handle_of(from), (char *)name}, {handle_of(to), (char *)new_name}};
    RENAME3res result;
    struct reply reply;
    bool again;
    int failed = CALL(volume, caller, RENAME, &arguments, 0, &result, &reply, &again);
    if (failed) return failed;
    reply_free(&reply);
    if (result.status == NFS3ERR_NOENT && again) {
        struct inode *inode;
        fattr3 attributes;
        failed = find(volume, caller, to, new_name, &inode, &attributes);
        if (!failed) inode_drop(&volume->inodes, inode, 1);
        return failed;
    }
    return errno_of(result.status);
}

static int link_entry(struct volume *volume, const struct caller *caller, struct inode *inode, struct inode *directory,
                      const char *name) {
    LINK3args arguments = {handle_of(inode), {handle_of(directory), (char *)name}};
    LINK3res result;
    struct reply reply;
    bool again;
    int failed = CALL(volume, caller, LINK, &arguments, 0, &result, &reply, &again);
    if (failed) return failed;
    reply_free(&reply);
    if (result.status == NFS3ERR_EXIST && again) {
        struct inode *found;
        fattr3 attributes;
        failed = find(volume, caller, directory, name, &found, &attributes);
        if (failed) return failed;
        inode_drop(&volume->inodes, found, 1);
        return found == inode ? 0 : -EEXIST;
    }
    return errno_of(result.status);
}

/* Removes the name that a removed file had until it was closed. */
static void remove_leftover(struct volume *volume, struct leftover *leftover) {
    struct caller caller = {.who = leftover->who, .patience = close_patience};
    remove_name(volume, &caller, leftover->directory, leftover->name);
    inode_drop(&volume->inodes, leftover->directory, 1);
    free(leftover);
}

/* The file of a name if this mount has it open; it has one more reference then. */
static struct inode *open_file_at(struct volume *volume, const struct caller *caller, struct inode *directory,
                                  const char *name) {
    struct inode *inode, *open = NULL;
    fattr3 attributes;
    if (find(volume, caller, directory, name, &inode, &attributes) != 0) return NULL;
    if (attributes.type == NF3REG) open = inode_take_open(&volume->inodes, inode->handle, inode->handle_length);
    inode_drop(&volume->inodes, inode, 1);
    return open;
}

/* A server forgets a file with its last name, whoever has it open; so an open one gets this name before. */
static struct leftover *new_leftover(struct volume *volume, const struct caller *caller, struct inode *inode,
                                     struct inode *directory) {
    static unsigned count;
    struct leftover *leftover = malloc(sizeof *leftover);
    if (!leftover) return NULL;
    leftover->who = caller->who;
    leftover->directory = directory;
    snprintf(leftover->name, sizeof leftover->name, ".nfs%016llx%04x", (unsigned long long)inode->number,
             (__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED) ^ (unsigned)getpid()) & 0xffff);
    inode_hold(&volume->inodes, directory);
    return leftover;
}

/* Notes the name for when the file is closed; when that has happened already, or there is such a name, removes it now. */
static void keep_leftover(struct volume *volume, struct inode *inode, struct leftover *leftover) {
    pthread_mutex_lock(&volume->inodes.lock);
    bool kept = inode->opens > 0 && !inode->leftover;
    if (kept) inode->leftover = leftover;
    pthread_mutex_unlock(&volume->inodes.lock);
    if (!kept) remove_leftover(volume, leftover);
}

static void drop_leftover(struct volume *volume, struct leftover *leftover) {
    inode_drop(&volume->inodes, leftover->directory, 1);
    free(leftover);
}

static void do_unlink(fuse_req_t request, fuse_ino_t parent, const char *name) {
    struct volume *volume = volume_of(request);
    struct caller caller = caller_of(request);
    struct inode *directory = inode_for(request, parent);
    struct inode *open = open_file_at(volume, &caller, directory, name);
    struct leftover *leftover = NULL;
    int failed;
    if (open) {
        pthread_mutex_lock(&volume->inodes.lock);
        struct leftover *had = open->leftover;
        bool is_leftover = had && had->directory == directory && strcmp(had->name, name) == 0;
        pthread_mutex_unlock(&volume->inodes.lock);
        if (is_leftover) {
            inode_drop(&volume->inodes, open, 1);
            fail(request, -EBUSY);
            return;
        }
        if (!had) leftover = new_leftover(volume, &caller, open, directory);
    }
    if (leftover) {
        failed = rename_entry(volume, &caller, directory, name, directory, leftover->name);
        if (failed) {
            drop_leftover(volume, leftover);
        } else {
            keep_leftover(volume, open, leftover);
        }
    } else {
        failed = remove_name(volume, &caller, directory, name);
    }
    if (open) inode_drop(&volume->inodes, open, 1);
    fail(request, failed);
}

static void do_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name) {
    struct caller caller = caller_of(request);
    RMDIR3args arguments = {{handle_of(inode_for(request, parent)), (char *)name}};
    RMDIR3res result;
    struct reply reply;
    bool again;
    int failed = CALL(volume_of(request), &caller, RMDIR, &arguments, 0, &result, &reply, &again);
    if (!failed) {
        reply_free(&reply);
        failed = result.status == NFS3ERR_NOENT && again ? 0 : errno_of(result.status);
    }
    fail(request, failed);
}

static void do_rename(fuse_req_t request, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
                      const char *new_name, unsigned flags) {
    struct volume *volume = volume_of(request);
    struct caller caller = caller_of(request);
    struct inode *from = inode_for(request, parent), *to = inode_for(request, new_parent);
    if (flags) {
        fail(request, -EINVAL);
        return;
    }
    struct inode *open = open_file_at(volume, &caller, to, new_name);
    struct leftover *leftover = open && !open->leftover ? new_leftover(volume, &caller, open, to) : NULL;
    // A second name, so that there is no moment without the first.
    if (leftover && link_entry(volume, &caller, open, to, leftover->name) != 0) {
        drop_leftover(volume, leftover);
        leftover = NULL;
    }
    int failed = rename_entry(volume, &caller, from, name, to, new_name);
    if (leftover && !failed) {
        keep_leftover(volume, open, leftover);
    } else if (leftover) {
        remove_leftover(volume, leftover);
    }
    if (open) inode_drop(&volume->inodes, open, 1);
    fail(request, failed);
}

static void do_link(fuse_req_t request, fuse_ino_t number, fuse_ino_t parent, const char *name) {
    struct volume *volume = volume_of(request);
    struct caller caller = caller_of(request);
    struct inode *inode = inode_for(request, number);
    fattr3 attributes;
    int failed = link_entry(volume, &caller, inode, inode_for(request, parent), name);
    if (!failed) failed = get_attributes(volume, &caller, inode, &attributes);
    if (!failed) inode_hold(&volume->inodes, inode);
    answer_entry(request, failed, inode, &attributes);
}

/* Whether the server would let the caller read or write; the kernel has looked at the mode only. */
static int check_access(struct volume *volume, const struct caller *caller, struct inode *inode, int flags) {
    int mode = flags & O_ACCMODE;
    u_int read = ACCESS3_READ | ACCESS3_EXECUTE, write = ACCESS3_MODIFY | ACCESS3_EXTEND;
    ACCESS3args arguments = {handle_of(inode), read | write};
    ACCESS3res result;
    struct reply reply;
    int failed = CALL(volume, caller, ACCESS, &arguments, 0, &result, &reply, NULL);
    if (failed) return failed;
    reply_free(&reply);
    if (result.status != NFS3_OK) return errno_of(result.status);
    u_int access = result.ACCESS3res_u.resok.access;
    if (mode != O_WRONLY && !(access & read)) return -EACCES;
    return mode != O_RDONLY && !(access & write) ? -EACCES : 0;
}

static int new_open_file(struct volume *volume, const struct caller *caller, struct inode *inode,
                         struct fuse_file_info *info) {
    struct open_file *file = malloc(sizeof *file);
    if (!file) return -ENOMEM;
    *file = (struct open_file){inode, caller->who};
    inode_opened(&volume->inodes, inode);
    info->fh = (uintptr_t)file;
    // The kernel would file what is appended under the place where it believes the end to be.
    info->direct_io = (info->flags & O_APPEND) != 0;
    return 0;
}

static void close_file(struct volume *volume, struct open_file *file) {
    struct leftover *leftover = inode_closed(&volume->inodes, file->inode);
    if (leftover) remove_leftover(volume, leftover);
    free(file);
}

static int open_existing(struct volume *volume, const struct caller *caller, struct inode *inode,
                         struct fuse_file_info *info, fattr3 *attributes) {
    int failed = check_access(volume, caller, inode, info->flags);
    if (!failed && (info->flags & O_TRUNC)) {
        sattr3 wanted = {.size = {1, {0}}};
        failed = set_size(volume, caller, inode, &wanted, attributes);
    }
    return failed ? failed : new_open_file(volume, caller, inode, info);
}

static void do_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info) {
    struct volume *volume = volume_of(request);
    struct caller caller = caller_of(request);
    fattr3 attributes;
    int failed = open_existing(volume, &caller, inode_for(request, number), info, &attributes);
    if (failed) {
        fail(request, failed);
    } else if (fuse_reply_open(request, info) != 0) {
        close_file(volume, file_of(info));
    }
}

static void do_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *info) {
    struct volume *volume = volume_of(request);
    struct caller caller = caller_of(request);
    struct inode *directory = inode_for(request, parent), *inode = NULL;
    fattr3 attributes;
    int failed;
    if (info->flags & O_EXCL) {
        failed = create_exclusive(volume, &caller, directory, name, mode, &inode, &attributes);
    } else {
        failed = create_guarded(volume, &caller, directory, name, mode, &inode, &attributes);
        if (failed == -EEXIST) {
            // Somebody else was faster; then it is opened like any other.
            failed = find(volume, &caller, directory, name, &inode, &attributes);
            if (!failed) {
                failed = open_existing(volume, &caller, inode, info, &attributes);
                if (failed) inode_drop(&volume->inodes, inode, 1);
            }
            inode = failed ? NULL : inode;
            if (failed) {
                fail(request, failed);
                return;
            }
        }
    }
    if (!failed && info->fh == 0) {
        failed = new_open_file(volume, &caller, inode, info);
        if (failed) inode_drop(&volume->inodes, inode, 1);
    }
    if (failed) {
        fail(request, failed);
        return;
    }
    struct fuse_entry_param entry = entry_of(volume, inode, &attributes);
    if (fuse_reply_create(request, &entry, info) != 0) {
        close_file(volume, file_of(info));
        inode_drop(&volume->inodes, inode, 1);
    }
}

static void do_read(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *info) {
    struct volume *volume = volume_of(request);
    struct caller caller = caller_with(request, file_of(info));
    struct inode *inode = inode_for(request, number);
    char *bytes = NULL;
    size_t done = 0;
    int failed = 0;
    for (bool at_end = false; !failed && !at_end && done < size;) {
        size_t part = size - done < volume->read_size ? size - done : volume->read_size;
        READ3args arguments = {handle_of(inode), (offset3)offset + done, (count3)part};
        READ3res result;
        struct reply reply;
        failed = CALL(volume, &caller, READ, &arguments, 0, &result, &reply, NULL);
        if (failed) break;
        READ3resok *read = &result.READ3res_u.resok;
        failed = errno_of(result.status);
        if (!failed) {
            size_t count = read->data.data_len < part ? read->data.data_len : part;
            at_end = read->eof || count == 0;
            if (done == 0 && (at_end || count == size)) {
                // The usual case, all in one answer, needs no copy.
                fuse_reply_buf(request, read->data.data_val, count);
                reply_free(&reply);
                return;
            }
            if (!bytes) bytes = malloc(size);
            if (bytes) memcpy(bytes + done, read->data.data_val, count);
            failed = bytes ? 0 : -ENOMEM;
            done += count;
        }
        reply_free(&reply);
    }
    if (failed) {
        fail(request, failed);
    } else {
        fuse_reply_buf(request, bytes, done);
    }
    free(bytes);
}

static void do_write(fuse_req_t request, fuse_ino_t number, const char *bytes, size_t size, off_t offset,
                     struct fuse_file_info *info) {
    struct volume *volume = volume_of(request);
    struct caller caller = caller_with(request, file_of(info));
    struct inode *inode = inode_for(request, number);
    ssize_t done = (info->flags & O_APPEND) && !info->writepage
                       ? append(volume, &caller, inode, bytes, size)
                       : write_at(volume, &caller, inode, (uint64_t)offset, bytes, size);
    if (done < 0) {
        fail(request, (int)done);
    } else {
        fuse_reply_write(request, (size_t)done);
    }
}

/* Called by close(2): what was written is on the server's disk afterwards. */
static void do_flush(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info) {
    struct caller caller = caller_with(request, file_of(info));
    struct inode *inode = inode_for(request, number);
    // A process that is killed closes its files, and must not outlive its server for that: the server has the data.
    caller.patience = close_patience;
    int failed = commit(volume_of(request), &caller, inode);
    if (!failed || failed == -ETIMEDOUT) failed = take_error(inode);
    fail(request, failed);
}

static void do_release(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info) {
    (void)number;
    close_file(volume_of(request), file_of(info));
    fuse_reply_err(request, 0);
}

static void do_fsync(fuse_req_t request, fuse_ino_t number, int only_data, struct fuse_file_info *info) {
    (void)only_data;
    struct caller caller = caller_with(request, file_of(info));
    struct inode *inode = inode_for(request, number);
    int failed = commit(volume_of(request), &caller, inode);
    fail(request, failed ? failed : take_error(inode));
}

static struct open_directory *directory_of(const struct fuse_file_info *info) {
    return (struct open_directory *)(uintptr_t)info->fh;
}

static void do_opendir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info) {
    (void)number;
    struct open_directory *directory = calloc(1, sizeof *directory);
    if (!directory) {
        fail(request, -ENOMEM);
        return;
    }
    pthread_mutex_init(&directory->lock, NULL);
    info->fh = (uintptr_t)directory;
    if (fuse_reply_open(request, info) != 0) free(directory);
}

/* Reads the part of a directory that follows a cookie. */
static int read_part(struct volume *volume, const struct caller *caller, struct inode *inode,
                     struct open_directory *directory, uint64_t cookie) {
    if (cookie == 0) memset(directory->verifier, 0, sizeof directory->verifier);
    reply_free(&directory->reply);
    directory->next = NULL;
    for (int attempt = 0;; attempt++) {
        READDIRPLUS3args arguments = {.dir = handle_of(inode), .cookie = cookie, .dircount = 1 << 14, .maxcount = 1 << 16};
        memcpy(arguments.cookieverf, directory->verifier, sizeof arguments.cookieverf);
        READDIRPLUS3res result;
        int failed = CALL(volume, caller, READDIRPLUS, &arguments, 0, &result, &directory->reply, NULL);
        if (failed) return failed;
        if (result.status == NFS3_OK) {
            READDIRPLUS3resok *part = &result.READDIRPLUS3res_u.resok;
            memcpy(directory->verifier, part->cookieverf, sizeof directory->verifier);
            directory->next = part->reply.entries;
            directory->at_end = part->reply.eof;
            directory->cookie = cookie;
            return 0;
        }
        reply_free(&directory->reply);
        if (result.status != NFS3ERR_BAD_COOKIE || attempt > 0) return errno_of(result.status);
        // The directory has changed; most servers find the place all the same.
        memset(directory->verifier, 0, sizeof directory->verifier);
    }
}

static void do_readdir(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *info) {
    struct volume *volume = volume_of(request);
    struct caller caller = caller_of(request);
    struct open_directory *directory = directory_of(info);
    struct inode *inode = inode_for(request, number);
    int failed = lock_for(&volume->server, &caller, &directory->lock);
    char *bytes = failed ? NULL : malloc(size);
    if (!bytes) {
        if (!failed) pthread_mutex_unlock(&directory->lock);
        fail(request, failed ? failed : -ENOMEM);
        return;
    }
    size_t used = 0;
    uint64_t cookie = (uint64_t)offset;
    for (bool is_full = false; !failed && !is_full;) {
        if (!directory->reply.bytes || directory->cookie != cookie || (!directory->next && !directory->at_end)) {
            failed = read_part(volume, &caller, inode, directory, cookie);
            // Read anew from its start, it shows what has changed.
            if (failed) break;
        }
        entryplus3 *entry = directory->next;
        if (!entry && directory->at_end) break;
        if (!entry) {
            failed = -EIO;
            break;
        }
        struct stat stat = {.st_ino = entry->fileid};
        if (entry->name_attributes.attributes_follow) {
            stat.st_mode = type_of(entry->name_attributes.post_op_attr_u.attributes.type);
        }
        size_t need = fuse_add_direntry(request, bytes + used, size - used, entry->name, &stat, (off_t)entry->cookie);
        is_full = need > size - used;
        if (!is_full) {
            used += need;
            cookie = directory->cookie = entry->cookie;
            directory->next = entry->nextentry;
        }
    }
    pthread_mutex_unlock(&directory->lock);
    if (failed && used == 0) {
        fail(request, failed);
    } else {
        fuse_reply_buf(request, bytes, used);
    }
    free(bytes);
}

static void do_releasedir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info) {
    (void)number;
    struct open_directory *directory = directory_of(info);
    reply_free(&directory->reply);
    free(directory);
    fuse_reply_err(request, 0);
}

/* Names are on the disk once the server has answered. */
static void do_fsyncdir(fuse_req_t request, fuse_ino_t number, int only_data, struct fuse_file_info *info) {
    (void)number;
    (void)only_data;
    (void)info;
    fuse_reply_err(request, 0);
}

int get_space(struct volume *volume, const struct caller *caller, struct statvfs *space) {
    FSSTAT3args arguments = {handle_of(&volume->inodes.root)};
    FSSTAT3res result;
    struct reply reply;
    int failed = CALL(volume, caller, FSSTAT, &arguments, 0, &result, &reply, NULL);
    if (!failed) {
        reply_free(&reply);
        failed = errno_of(result.status);
    }
    const FSSTAT3resok *found = &result.FSSTAT3res_u.resok;
    pthread_mutex_lock(&volume->lock);
    if (!failed) {
        volume->space = (struct statvfs){
            .f_bsize = 1 << 20,
            .f_frsize = 4096,
            .f_blocks = found->tbytes / 4096,
            .f_bfree = found->fbytes / 4096,
            .f_bavail = found->abytes / 4096,
            .f_files = found->tfiles,
            .f_ffree = found->ffiles,
            .f_favail = found->afiles,
            .f_namemax = 255,
        };
    }
    *space = volume->space;
    pthread_mutex_unlock(&volume->lock);
    return failed == -ETIMEDOUT ? 0 : failed;
}

static void do_statfs(fuse_req_t request, fuse_ino_t number) {
    (void)number;
    struct volume *volume = volume_of(request);
    struct caller caller = caller_of(request);
    // As for the attributes of the root: who unmounts asks this, too.
    caller.patience = answer_about_root;
    caller.deadline = now() + answer_about_root;
    struct statvfs space;
    int failed = get_space(volume, &caller, &space);
    if (failed) {
        fail(request, failed);
    } else {
        fuse_reply_statfs(request, &space);
    }
}

const struct fuse_lowlevel_ops operations = {
    .init = do_init,
    .lookup = do_lookup,
    .forget = do_forget,
    .forget_multi = do_forget_multi,
    .getattr = do_getattr,
    .setattr = do_setattr,
    .readlink = do_readlink,
    .mknod = do_mknod,
    .mkdir = do_mkdir,
    .unlink = do_unlink,
    .rmdir = do_rmdir,
    .symlink = do_symlink,
    .rename = do_rename,
    .link = do_link,
    .open = do_open,
    .create = do_create,
    .read = do_read,
    .write = do_write,
    .flush = do_flush,
    .release = do_release,
    .fsync = do_fsync,
    .opendir = do_opendir,
    .readdir = do_readdir,
    .releasedir = do_releasedir,
    .fsyncdir = do_fsyncdir,
    .statfs = do_statfs,
};

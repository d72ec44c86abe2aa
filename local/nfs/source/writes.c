#include "writes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    most_kept = 16 << 20, /* bytes of one file; who writes more waits for the server's disk */
    longest_kept = 10000, /* milliseconds */
};

static void add_chunks(struct inode *inode, struct chunk *first, bool in_front) {
    pthread_mutex_lock(&inode->chunks_lock);
    struct chunk *last = first;
    for (struct chunk *chunk = first; chunk; last = chunk, chunk = chunk->next) inode->chunks_bytes += chunk->length;
    if (in_front) {
        last->next = inode->chunks;
        if (!inode->chunks) inode->chunks_end = &last->next;
        inode->chunks = first;
    } else {
        *inode->chunks_end = first;
        inode->chunks_end = &last->next;
    }
    pthread_mutex_unlock(&inode->chunks_lock);
}

static struct chunk *take_chunks(struct inode *inode) {
    pthread_mutex_lock(&inode->chunks_lock);
    struct chunk *first = inode->chunks;
    inode->chunks = NULL;
    inode->chunks_end = &inode->chunks;
    inode->chunks_bytes = 0;
    pthread_mutex_unlock(&inode->chunks_lock);
    return first;
}

static void free_chunks(struct chunk *first) {
    while (first) {
        struct chunk *next = first->next;
        free(first);
        first = next;
    }
}

static void keep(struct volume *volume, const struct caller *caller, struct inode *inode, struct chunk *chunk) {
    pthread_mutex_lock(&volume->lock);
    pthread_mutex_lock(&inode->chunks_lock);
    // With another verifier the server was started again, and what was written before may be lost: not a thing to put off.
    bool is_urgent = inode->chunks && memcmp(inode->chunks->verifier, chunk->verifier, sizeof chunk->verifier);
    pthread_mutex_unlock(&inode->chunks_lock);
    inode->writer = caller->who;
    if (!inode->is_dirty) {
        inode->is_dirty = true;
        inode->dirty_since = now();
        inode->next_dirty = volume->dirty;
        volume->dirty = inode;
        inode_hold(&volume->inodes, inode);
    }
    if (is_urgent) inode->dirty_since = 0;
    add_chunks(inode, chunk, false);
    pthread_mutex_unlock(&volume->lock);
}

static int lock_write(struct volume *volume, const struct caller *caller, struct inode *inode, bool alone) {
    for (;;) {
        struct timespec end;
        clock_gettime(CLOCK_MONOTONIC, &end);
        end.tv_nsec += 200000000;
        end.tv_sec += end.tv_nsec / 1000000000;
        end.tv_nsec %= 1000000000;
        int failed = alone ? pthread_rwlock_clockwrlock(&inode->write_lock, CLOCK_MONOTONIC, &end)
                           : pthread_rwlock_clockrdlock(&inode->write_lock, CLOCK_MONOTONIC, &end);
        if (!failed) return 0;
        int stop = must_stop(&volume->server, caller);
        if (stop) return stop;
    }
}

/* One WRITE. Hands back how much was written. */
static ssize_t write_once(struct volume *volume, const struct caller *caller, struct inode *inode, uint64_t offset,
                          const char *bytes, size_t size, stable_how stable, WRITE3resok *details) {
    WRITE3args arguments = {handle_of(inode), offset, (count3)size, stable, {(u_int)size, (char *)bytes}};
    WRITE3res result;
    struct reply reply;
    int failed = CALL(volume, caller, WRITE, &arguments, size, &result, &reply, NULL);
    if (failed) return failed;
    reply_free(&reply);
    if (result.status != NFS3_OK) return errno_of(result.status);
    *details = result.WRITE3res_u.resok;
    return details->count > 0 && details->count <= size ? (ssize_t)details->count : -EIO;
}

ssize_t write_at(struct volume *volume, const struct caller *caller, struct inode *inode, uint64_t offset,
                 const char *bytes, size_t size) {
    size_t done = 0;
    ssize_t result = take_error(inode);
    while (result >= 0 && done < size) {
        size_t part = size - done < volume->write_size ? size - done : volume->write_size;
        // Without memory to keep the data in, the server has to put them on its disk at once.
        struct chunk *chunk = malloc(sizeof *chunk + part);
        result = lock_write(volume, caller, inode, false);
        if (result == 0) {
            WRITE3resok details;
            result = write_once(volume, caller, inode, offset + done, bytes + done, part, chunk ? UNSTABLE : FILE_SYNC,
                                &details);
            if (result > 0 && details.committed == UNSTABLE && chunk) {
                chunk->next = NULL;
                chunk->offset = offset + done;
                chunk->length = (uint32_t)result;
                memcpy(chunk->verifier, details.verf, sizeof chunk->verifier);
                memcpy(chunk->bytes, bytes + done, (size_t)result);
                keep(volume, caller, inode, chunk);
                chunk = NULL;
            }
            pthread_rwlock_unlock(&inode->write_lock);
        }
        free(chunk);
        if (result > 0) done += (size_t)result;
    }
    if (result > 0 && __atomic_load_n(&inode->chunks_bytes, __ATOMIC_RELAXED) > most_kept) {
        int failed = commit(volume, caller, inode);
        if (!failed) failed = take_error(inode);
        if (failed) return failed;
    }
    return done > 0 ? (ssize_t)done : result;
}

/* Locks or unlocks a file for appending, among all mounts of this node. */
static int lock_appends(struct volume *volume, const struct caller *caller, struct inode *inode, bool lock) {
    uint64_t key = 14695981039346656037u;
    for (const char *c = volume->options.host; *c; c++) key = (key ^ (unsigned char)*c) * 1099511628211u;
    key = (key ^ inode->file_system) * 1099511628211u;
    key = (key ^ inode->number) * 1099511628211u;
    struct flock range = {
        .l_type = lock ? F_WRLCK : F_UNLCK, .l_whence = SEEK_SET, .l_start = (off_t)(key >> 2), .l_len = 1};
    // Asked for again and again, since a wait for it could not be ended.
    for (long wait = 100000; fcntl(volume->appends, F_OFD_SETLK, &range) != 0; wait = wait < 4000000 ? wait * 2 : wait) {
        if (errno != EAGAIN && errno != EACCES) return -errno;
        int stop = must_stop(&volume->server, caller);
        if (stop) return stop;
        nanosleep(&(struct timespec){.tv_nsec = wait}, NULL);
    }
    return 0;
}

ssize_t append(struct volume *volume, const struct caller *caller, struct inode *inode, const char *bytes, size_t size) {
    ssize_t result = lock_for(&volume->server, caller, &inode->append_lock);
    if (result != 0) return result;
    result = lock_appends(volume, caller, inode, true);
    if (result == 0) {
        fattr3 attributes;
        result = get_attributes(volume, caller, inode, &attributes);
        if (result == 0) result = write_at(volume, caller, inode, attributes.size, bytes, size);
        lock_appends(volume, caller, inode, false);
    }
    pthread_mutex_unlock(&inode->append_lock);
    return result;
}

int take_error(struct inode *inode) { return __atomic_exchange_n(&inode->error, 0, __ATOMIC_RELAXED); }

/* Sends chunks again, to the disk at once. Hands back those that could not be sent for now. */
static struct chunk *send_again(struct volume *volume, const struct caller *caller, struct inode *inode,
                                struct chunk *first, int *failed) {
    while (first) {
        WRITE3resok details;
        ssize_t done = write_once(volume, caller, inode, first->offset, first->bytes, first->length, FILE_SYNC, &details);
        if (done < 0) {
            *failed = (int)done;
            if (must_stop(&volume->server, caller)) return first;
            say(&volume->server, "data that the server had taken are lost: %s", strerror((int)-done));
            __atomic_store_n(&inode->error, (int)done, __ATOMIC_RELAXED);
            free_chunks(first);
            return NULL;
        }
        first->offset += (uint64_t)done;
        first->length -= (uint32_t)done;
        memmove(first->bytes, first->bytes + done, first->length);
        if (first->length == 0) {
            struct chunk *next = first->next;
            free(first);
            first = next;
        }
    }
    return NULL;
}

static int commit_chunks(struct volume *volume, const struct caller *given, struct inode *inode) {
    struct chunk *first = take_chunks(inode);
    if (!first) return 0;
    struct caller caller = *given;
    pthread_mutex_lock(&volume->lock);
    caller.who = inode->writer;
    pthread_mutex_unlock(&volume->lock);
    COMMIT3args arguments = {.file = handle_of(inode)};
    COMMIT3res result;
    struct reply reply;
    int failed = CALL(volume, &caller, COMMIT, &arguments, 0, &result, &reply, NULL);
    if (failed) {
        add_chunks(inode, first, true);
        return failed;
    }
    reply_free(&reply);
    if (result.status != NFS3_OK) {
        __atomic_store_n(&inode->error, errno_of(result.status), __ATOMIC_RELAXED);
        free_chunks(first);
        return 0;
    }
    const char *verifier = result.COMMIT3res_u.resok.verf;
    while (first && memcmp(first->verifier, verifier, sizeof first->verifier) == 0) {
        struct chunk *next = first->next;
        free(first);
        first = next;
    }
    if (!first) return 0;
    failed = lock_write(volume, &caller, inode, true);
    if (!failed) {
        // What was written since comes after, so that it is not overwritten by what is older.
        struct chunk **end = &first;
        while (*end) end = &(*end)->next;
        *end = take_chunks(inode);
        first = send_again(volume, &caller, inode, first, &failed);
        pthread_rwlock_unlock(&inode->write_lock);
    }
    if (first) add_chunks(inode, first, true);
    return first ? failed : 0;
}

int commit(struct volume *volume, const struct caller *caller, struct inode *inode) {
    int failed = lock_for(&volume->server, caller, &inode->commit_lock);
    if (failed) return failed;
    failed = commit_chunks(volume, caller, inode);
    pthread_mutex_unlock(&inode->commit_lock);
    return failed;
}

/* A dirty file whose turn it is, with one more reference. Files that are clean by now are let go. */
static struct inode *next_to_commit(struct volume *volume, int64_t older_than) {
    struct inode *found = NULL, *clean = NULL;
    pthread_mutex_lock(&volume->lock);
    for (struct inode **link = &volume->dirty; *link;) {
        struct inode *inode = *link;
        // Chunks are out of the list while they are committed.
        if (!found && pthread_mutex_trylock(&inode->commit_lock) == 0) {
            bool is_clean = inode->chunks == NULL;
            pthread_mutex_unlock(&inode->commit_lock);
            if (is_clean) {
                *link = inode->next_dirty;
                inode->is_dirty = false;
                inode->next_dirty = clean;
                clean = inode;
                continue;
            }
            if (inode->dirty_since <= older_than) {
                inode->dirty_since = now();
                inode_hold(&volume->inodes, inode);
                found = inode;
            }
        }
        link = &inode->next_dirty;
    }
    // Let go while the lock is held: from then on their next field may be used again.
    while (clean) {
        struct inode *next = clean->next_dirty;
        inode_drop(&volume->inodes, clean, 1);
        clean = next;
    }
    pthread_mutex_unlock(&volume->lock);
    return found;
}

static void commit_older(struct volume *volume, const struct caller *caller, int64_t older_than) {
    struct inode *inode;
    while (!must_stop(&volume->server, caller) && (inode = next_to_commit(volume, older_than))) {
        commit(volume, caller, inode);
        inode_drop(&volume->inodes, inode, 1);
    }
}

void *commit_in_background(void *argument) {
    struct volume *volume = argument;
    for (;;) {
        // A short patience: there may be other files, and there is a next time.
        struct caller caller = {.patience = 1000};
        for (int64_t end = now() + 1000; now() < end; pause_for(250)) {
            if (fuse_session_exited(volume->server.session)) return NULL;
        }
        commit_older(volume, &caller, now() - longest_kept);
    }
}

void commit_all(struct volume *volume, int milliseconds) {
    struct caller caller = {.deadline = now() + milliseconds, .outlives_session = true};
    commit_older(volume, &caller, now());
}

#include "inodes.h"

#include <stdlib.h>
#include <string.h>

static struct inode **bucket_of(struct inodes *inodes, const char *handle, unsigned length) {
    uint64_t hash = 14695981039346656037u;
    for (unsigned i = 0; i < length; i++) hash = (hash ^ (unsigned char)handle[i]) * 1099511628211u;
    return &inodes->buckets[(hash ^ (hash >> 32)) % (sizeof inodes->buckets / sizeof *inodes->buckets)];
}

static void inode_init(struct inode *inode, const char *handle, unsigned length, uint64_t file_system, uint64_t number) {
    memset(inode, 0, sizeof *inode);
    memcpy(inode->handle, handle, length);
    inode->handle_length = length;
    inode->file_system = file_system;
    inode->number = number;
    inode->references = 1;
    inode->chunks_end = &inode->chunks;
    pthread_mutex_init(&inode->append_lock, NULL);
    // Else who writes on and on would keep lost writes from being sent again.
    pthread_rwlockattr_t writers_first;
    pthread_rwlockattr_init(&writers_first);
    pthread_rwlockattr_setkind_np(&writers_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&inode->write_lock, &writers_first);
    pthread_mutex_init(&inode->commit_lock, NULL);
    pthread_mutex_init(&inode->chunks_lock, NULL);
}

void inodes_init(struct inodes *inodes, const char *handle, unsigned length, uint64_t file_system, uint64_t number) {
    memset(inodes, 0, sizeof *inodes);
    pthread_mutex_init(&inodes->lock, NULL);
    inode_init(&inodes->root, handle, length, file_system, number);
    *bucket_of(inodes, handle, length) = &inodes->root;
}

struct inode *inode_of(struct inodes *inodes, fuse_ino_t number) {
    return number == FUSE_ROOT_ID ? &inodes->root : (struct inode *)(uintptr_t)number;
}

fuse_ino_t number_of(struct inodes *inodes, struct inode *inode) {
    return inode == &inodes->root ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)inode;
}

static struct inode *find(struct inodes *inodes, const char *handle, unsigned length) {
    struct inode *inode = *bucket_of(inodes, handle, length);
    while (inode && (inode->handle_length != length || memcmp(inode->handle, handle, length))) inode = inode->next;
    return inode;
}

struct inode *inode_take(struct inodes *inodes, const char *handle, unsigned length, uint64_t file_system, uint64_t number) {
    if (length > longest_handle) return NULL;
    pthread_mutex_lock(&inodes->lock);
    struct inode *inode = find(inodes, handle, length);
    if (inode) {
        inode->references++;
    } else if ((inode = malloc(sizeof *inode))) {
        inode_init(inode, handle, length, file_system, number);
        struct inode **bucket = bucket_of(inodes, handle, length);
        inode->next = *bucket;
        *bucket = inode;
    }
    pthread_mutex_unlock(&inodes->lock);
    return inode;
}

struct inode *inode_take_open(struct inodes *inodes, const char *handle, unsigned length) {
    pthread_mutex_lock(&inodes->lock);
    struct inode *inode = find(inodes, handle, length);
    if (inode && inode->opens == 0) inode = NULL;
    if (inode) inode->references++;
    pthread_mutex_unlock(&inodes->lock);
    return inode;
}

void inode_hold(struct inodes *inodes, struct inode *inode) {
    pthread_mutex_lock(&inodes->lock);
    inode->references++;
    pthread_mutex_unlock(&inodes->lock);
}

void inode_drop(struct inodes *inodes, struct inode *inode, uint64_t references) {
    pthread_mutex_lock(&inodes->lock);
    inode->references -= references;
    bool is_gone = inode->references == 0 && inode != &inodes->root;
    if (is_gone) {
        struct inode **link = bucket_of(inodes, inode->handle, inode->handle_length);
        while (*link != inode) link = &(*link)->next;
        *link = inode->next;
    }
    pthread_mutex_unlock(&inodes->lock);
    if (is_gone) free(inode);
}

void inode_opened(struct inodes *inodes, struct inode *inode) {
    pthread_mutex_lock(&inodes->lock);
    inode->references++;
    inode->opens++;
    pthread_mutex_unlock(&inodes->lock);
}

struct leftover *inode_closed(struct inodes *inodes, struct inode *inode) {
    pthread_mutex_lock(&inodes->lock);
    struct leftover *leftover = --inode->opens == 0 ? inode->leftover : NULL;
    if (leftover) inode->leftover = NULL;
    pthread_mutex_unlock(&inodes->lock);
    inode_drop(inodes, inode, 1);
    return leftover;
}

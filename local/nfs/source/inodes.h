/* The files that the kernel knows, by the handles that the server names them by. */
#ifndef INODES_H
#define INODES_H

#include "rpc.h"

enum { longest_handle = 64 };

/* What was written and is not known to be on the server's disk: it is sent again should the server lose it. */
struct chunk {
    struct chunk *next;
    uint64_t offset;
    uint32_t length;
    char verifier[8]; /* another one says that the server was started again since */
    char bytes[];
};

/* A file that was removed while it was open: it has another name until it is closed. */
struct leftover {
    struct inode *directory;
    struct credentials who;
    char name[32];
};

struct inode {
    struct inode *next;        /* in the table */
    uint64_t references;       /* the kernel's lookups, open files, and what else holds on to it */
    unsigned opens;
    struct leftover *leftover;
    uint64_t file_system;
    uint64_t number;
    unsigned handle_length;
    char handle[longest_handle];

    pthread_mutex_t append_lock;
    pthread_rwlock_t write_lock; /* held alone while lost writes are sent again, so that they stay in order */
    pthread_mutex_t commit_lock;
    pthread_mutex_t chunks_lock;
    struct chunk *chunks, **chunks_end;
    size_t chunks_bytes;
    struct inode *next_dirty;
    bool is_dirty;
    int64_t dirty_since;
    int error;                  /* of a write that nobody was told about */
    struct credentials writer;  /* the last one */
};

struct inodes {
    pthread_mutex_t lock;
    struct inode *buckets[4096];
    struct inode root;
};

void inodes_init(struct inodes *inodes, const char *handle, unsigned length, uint64_t file_system, uint64_t number);

/* The inode behind a number that the kernel was given. */
struct inode *inode_of(struct inodes *inodes, fuse_ino_t number);
fuse_ino_t number_of(struct inodes *inodes, struct inode *inode);

/* The inode of a handle, made when there is none, with one more reference; NULL without memory. */
struct inode *inode_take(struct inodes *inodes, const char *handle, unsigned length, uint64_t file_system, uint64_t number);

/* The inode of a handle if it is open; with one more reference. */
struct inode *inode_take_open(struct inodes *inodes, const char *handle, unsigned length);

void inode_hold(struct inodes *inodes, struct inode *inode);
void inode_drop(struct inodes *inodes, struct inode *inode, uint64_t references);

void inode_opened(struct inodes *inodes, struct inode *inode);

/* Ends one use as an open file; hands back what has to be removed from the server, to be freed by the caller. */
struct leftover *inode_closed(struct inodes *inodes, struct inode *inode);

#endif

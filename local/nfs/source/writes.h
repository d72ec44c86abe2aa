/*
 * Writes. Each is sent to the server before it returns to the program, but the server may answer before the data are on its
 * disk. Until it says that they are, they are kept here, and sent again when the server was started anew in between.
 */
#ifndef WRITES_H
#define WRITES_H

#include "volume.h"

/* Writes at an offset; hands back how much, or a negative errno. */
ssize_t write_at(struct volume *volume, const struct caller *caller, struct inode *inode, uint64_t offset,
                 const char *bytes, size_t size);

/* Writes at the end, wherever it is by now: nobody else on this node appends to the file meanwhile. */
ssize_t append(struct volume *volume, const struct caller *caller, struct inode *inode, const char *bytes, size_t size);

/* Returns when what was written is on the server's disk. */
int commit(struct volume *volume, const struct caller *caller, struct inode *inode);

/* The error of an earlier write that nobody was told about; told once. */
int take_error(struct inode *inode);

/* Commits what lies for long and what an earlier try could not; a thread of its own. */
void *commit_in_background(void *volume);

/* The last try, when the file system is unmounted. */
void commit_all(struct volume *volume, int milliseconds);

#endif

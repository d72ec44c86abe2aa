/* What mount(8) hands to its helper: SERVER:/PATH DIRECTORY [-o OPTIONS]. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct options {
    const char *source;    /* SERVER:/PATH as it was given */
    const char *directory; /* where to mount */
    char host[256];
    char path[1025];
    int port;       /* of the NFS service */
    int mount_port; /* of the mount service; 0 asks the server's rpcbind */
    bool read_only;
    bool soft;          /* give up after some tries; otherwise wait until the server answers */
    bool reserved_port; /* speak from a port below 1024, as servers may demand */
    int timeout;        /* milliseconds for one try */
    int retries;
    size_t read_size;
    size_t write_size;
    char kernel[256]; /* options that the kernel applies itself: noatime, nodev and the like */
};

/* Reads the command line. Prints what is wrong with it, and hands back an exit code of mount(8) then, else 0. */
int parse_options(int count, char **arguments, struct options *options);

#endif

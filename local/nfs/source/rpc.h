/*
 * Calls to the server (ONC RPC over TCP). Each call has a connection of its own for as long as it takes, so that none waits
 * behind another; connections are kept for the next. A call whose connection breaks is sent again on a new one: NFS version 3
 * keeps no state at the server, and whatever a call names, it names by a handle that outlives the server's process.
 */
#ifndef RPC_H
#define RPC_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <nfsc/libnfs-zdr.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "options.h"

/* The protocol carries no more groups than these. */
enum { most_groups = 16 };

/* Whose rights a call has. The server judges. */
struct credentials {
    uid_t uid;
    gid_t gid;
    int count;
    gid_t groups[most_groups];
};

/* On whose behalf a call is made, and how long it may wait for a server that does not answer. */
struct caller {
    struct credentials who;
    fuse_req_t request; /* NULL when no process waits for it */
    int64_t deadline;   /* on the clock of now(); 0 is none */
    bool outlives_session;
    int64_t patience;   /* milliseconds after which an outage is not waited out; 0 is forever */
};

/* A server, and the connections to it. */
struct server {
    const struct options *options;
    struct fuse_session *session; /* its end ends every wait; NULL while mounting */
    pthread_mutex_t lock;
    pthread_cond_t returned;
    int idle[32];
    int idle_count;
    int in_use;
    int64_t outage;  /* since when it does not answer; 0 when it does */
    bool outage_told;
    int last_error; /* why it could not be reached */
};

/* One remote program at one port. */
struct program {
    uint32_t number;
    uint32_t version;
    int port;
};

/* The bytes that a result points into. */
struct reply {
    char *bytes;
    ZDR zdr;
};

void server_init(struct server *server, const struct options *options);

/* Milliseconds on a clock that only goes forward. */
int64_t now(void);

/* Sleeps for a moment in a loop of tries. */
void pause_for(int milliseconds);

/* A negative errno when the caller must not wait any longer: it was killed, the file system is unmounted, its time is over. */
int must_stop(struct server *server, const struct caller *caller);

/* Takes a lock that may be held during a call, as long as the caller may wait. */
int lock_for(struct server *server, const struct caller *caller, pthread_mutex_t *lock);

/*
 * Calls a procedure of NFS and waits for its result, over restarts of the server. Hands back 0 or a negative errno; `result`
 * may be used until reply_free. `again` says, if it is asked for, whether an earlier try may have been carried out.
 */
int nfs_call(struct server *server, const struct caller *caller, uint32_t procedure, zdrproc_t encode, void *arguments,
             size_t payload, zdrproc_t decode, void *result, size_t result_size, struct reply *reply, bool *again);

/* Calls any program once, on a new connection. */
int single_call(struct server *server, const struct caller *caller, const struct program *program, uint32_t procedure,
                zdrproc_t encode, void *arguments, zdrproc_t decode, void *result, size_t result_size,
                struct reply *reply);

void reply_free(struct reply *reply);

/* A line to the node's log of NFS mounts, and to stderr while mounting. */
void say(struct server *server, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

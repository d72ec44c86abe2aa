#include "rpc.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <nfsc/libnfs-raw-nfs.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    most_connections = 32,
    connect_timeout = 3000,   /* an address that nobody has answers nothing */
    unanswered_timeout = 5000, /* after which the kernel gives up a connection whose other end is gone */
    slice = 200,              /* how often a wait looks whether it should end */
    largest_reply = 4 << 20,
};

static const char log_directory[] = "/run/mount.nfs";

/* Not found in errno.h: the server refuses the call itself, whatever connection it comes by. */
enum { EREFUSEDCALL = 4096 };

int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

void pause_for(int milliseconds) { poll(NULL, 0, milliseconds); }

void say(struct server *server, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!server->session) {
        fprintf(stderr, "mount.nfs: %s\n", text);
        return;
    }
    char path[sizeof log_directory + 16];
    snprintf(path, sizeof path, "%s/messages", log_directory);
    mkdir(log_directory, 0755);
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return;
    time_t seconds = time(NULL);
    struct tm parts;
    char stamp[32];
    strftime(stamp, sizeof stamp, "%FT%TZ", gmtime_r(&seconds, &parts));
    dprintf(file, "%s %s on %s: %s\n", stamp, server->options->source, server->options->directory, text);
    close(file);
}

void server_init(struct server *server, const struct options *options) {
    memset(server, 0, sizeof *server);
    server->options = options;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->returned, &attributes);
}

/* Whether a process that was interrupted is about to end: other signals do not cut a call short. */
static bool is_dying(pid_t pid) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *status = fopen(path, "re");
    if (!status) return true;
    bool dying = false;
    while (fgets(line, sizeof line, status)) {
        unsigned long long pending;
        if (sscanf(line, "SigPnd: %llx", &pending) == 1 || sscanf(line, "ShdPnd: %llx", &pending) == 1) {
            dying |= (pending >> 8) & 1; // SIGKILL, which every deadly signal becomes
        }
    }
    fclose(status);
    return dying;
}

int must_stop(struct server *server, const struct caller *caller) {
    if (server->session && fuse_session_exited(server->session) && !caller->outlives_session) return -ECONNABORTED;
    if (caller->deadline && now() >= caller->deadline) return -ETIMEDOUT;
    int64_t outage = __atomic_load_n(&server->outage, __ATOMIC_RELAXED);
    if (caller->patience && outage && now() - outage > caller->patience) return -ETIMEDOUT;
    if (caller->request && fuse_req_interrupted(caller->request) && is_dying(fuse_req_ctx(caller->request)->pid)) {
        return -EINTR;
    }
    return 0;
}

static struct timespec after(int milliseconds) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_nsec += milliseconds * 1000000L;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

int lock_for(struct server *server, const struct caller *caller, pthread_mutex_t *lock) {
    for (;;) {
        struct timespec end = after(slice);
        if (pthread_mutex_clocklock(lock, CLOCK_MONOTONIC, &end) == 0) return 0;
        int stop = must_stop(server, caller);
        if (stop) return stop;
    }
}

/* Waits until a connection can be read from or written to. */
static int wait_for(struct server *server, const struct caller *caller, int connection, short events, int64_t end) {
    for (;;) {
        int stop = must_stop(server, caller);
        if (stop) return stop;
        int64_t left = end - now();
        if (left <= 0) return -ETIMEDOUT;
        struct pollfd poll_for = {.fd = connection, .events = events};
        int count = poll(&poll_for, 1, left < slice ? (int)left : slice);
        if (count > 0) return 0;
        if (count < 0 && errno != EINTR) return -errno;
    }
}

/* Speaks from a port below 1024, each time from the next: a port used again at once could be taken for the old connection. */
static void bind_reserved(int connection, int family) {
    static atomic_uint next;
    enum { first = 665, last = 1023 };
    if (next == 0) atomic_store(&next, (unsigned)(now() ^ getpid()));
    for (int attempt = first; attempt <= last; attempt++) {
        in_port_t port = htons(first + atomic_fetch_add(&next, 1) % (last - first + 1));
        struct sockaddr_in6 address6 = {.sin6_family = AF_INET6, .sin6_port = port};
        struct sockaddr_in address4 = {.sin_family = AF_INET, .sin_port = port};
        int failed = family == AF_INET6 ? bind(connection, (struct sockaddr *)&address6, sizeof address6)
                                        : bind(connection, (struct sockaddr *)&address4, sizeof address4);
        if (!failed || errno != EADDRINUSE) return;
    }
}

static void tune(int connection) {
    // All three together: a dead connection is noticed while something is sent, while an answer is awaited, and while idle.
    int yes = 1, idle = 2, interval = 1, probes = 3, unanswered = unanswered_timeout;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(connection, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    setsockopt(connection, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(connection, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(connection, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    setsockopt(connection, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered, sizeof unanswered);
}

static int connect_to(struct server *server, const struct caller *caller, const struct addrinfo *address) {
    int connection = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection < 0) return -errno;
    tune(connection);
    if (server->options->reserved_port) bind_reserved(connection, address->ai_family);
    int result = connect(connection, address->ai_addr, address->ai_addrlen) == 0 ? 0 : -errno;
    if (result == -EINPROGRESS) {
        result = wait_for(server, caller, connection, POLLOUT, now() + connect_timeout);
        int error = 0;
        socklen_t size = sizeof error;
        if (result == 0 && getsockopt(connection, SOL_SOCKET, SO_ERROR, &error, &size) == 0) result = -error;
    }
    if (result != 0) {
        close(connection);
        return result;
    }
    return connection;
}

/* A new connection, or a negative errno; -ENXIO when the host's name is not known. The name is looked up each time anew. */
static int open_connection(struct server *server, const struct caller *caller, int port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *addresses;
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(server->options->host, service, &hints, &addresses) != 0) return -ENXIO;
    int result = -ENXIO;
    for (struct addrinfo *address = addresses; address; address = address->ai_next) {
        result = connect_to(server, caller, address);
        if (result >= 0 || must_stop(server, caller)) break;
    }
    freeaddrinfo(addresses);
    return result;
}

static int transfer(struct server *server, const struct caller *caller, int connection, bool sending, char *bytes,
                    size_t length, int64_t end) {
    while (length > 0) {
        ssize_t done = sending ? send(connection, bytes, length, MSG_NOSIGNAL) : recv(connection, bytes, length, 0);
        if (done > 0) {
            bytes += done;
            length -= (size_t)done;
        } else if (done == 0) {
            return -ECONNRESET;
        } else if (errno == EAGAIN) {
            int result = wait_for(server, caller, connection, sending ? POLLOUT : POLLIN, end);
            if (result != 0) return result;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

static void put(char **to, uint32_t value) {
    value = htonl(value);
    memcpy(*to, &value, 4);
    *to += 4;
}

static uint32_t get(const char **from, const char *end) {
    uint32_t value = 0;
    if (end - *from >= 4) memcpy(&value, *from, 4);
    *from += 4;
    return ntohl(value);
}

/* The call as bytes, its length in front. */
static char *encode_call(const struct credentials *who, const struct program *program, uint32_t xid, uint32_t procedure,
                         zdrproc_t encode, void *arguments, size_t payload, size_t *length) {
    size_t room = 8192 + payload;
    char *bytes = malloc(room), *to = bytes + 4;
    if (!bytes) return NULL;
    const uint32_t head[] = {xid, CALL, RPC_MSG_VERSION, program->number, program->version, procedure, AUTH_UNIX};
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) put(&to, head[i]);
    put(&to, 20 + 4 * (uint32_t)who->count);
    put(&to, 0); // stamp
    put(&to, 0); // an empty name of this machine
    put(&to, who->uid);
    put(&to, who->gid);
    put(&to, (uint32_t)who->count);
    for (int i = 0; i < who->count; i++) put(&to, who->groups[i]);
    put(&to, AUTH_NONE);
    put(&to, 0);
    ZDR zdr;
    libnfs_zdrmem_create(&zdr, to, (uint32_t)(room - (size_t)(to - bytes)), ZDR_ENCODE);
    if (!encode(&zdr, arguments)) {
        libnfs_zdr_destroy(&zdr);
        free(bytes);
        return NULL;
    }
    *length = (size_t)(to - bytes) + libnfs_zdr_getpos(&zdr);
    libnfs_zdr_destroy(&zdr);
    char *mark = bytes;
    put(&mark, 0x80000000u | (uint32_t)(*length - 4));
    return bytes;
}

/* Receives one record, of one or more fragments. */
static int receive(struct server *server, const struct caller *caller, int connection, char **bytes, size_t *length,
                   int64_t end) {
    *bytes = NULL;
    *length = 0;
    for (bool last = false; !last;) {
        char mark[4];
        int result = transfer(server, caller, connection, false, mark, sizeof mark, end);
        if (result != 0) return result;
        const char *from = mark;
        uint32_t head = get(&from, mark + 4);
        last = head >> 31;
        size_t size = head & 0x7fffffff;
        if (*length + size > largest_reply) return -EPROTO;
        char *larger = realloc(*bytes, *length + size + 4);
        if (!larger) return -ENOMEM;
        *bytes = larger;
        result = transfer(server, caller, connection, false, larger + *length, size, end);
        if (result != 0) return result;
        *length += size;
        // What is decoded as text may get its end written behind it.
        memset(larger + *length, 0, 4);
    }
    return 0;
}

void reply_free(struct reply *reply) {
    if (reply->bytes) {
        libnfs_zdr_destroy(&reply->zdr);
        free(reply->bytes);
        reply->bytes = NULL;
    }
}

static int decode_reply(struct reply *reply, size_t length, zdrproc_t decode, void *result, size_t result_size) {
    const char *from = reply->bytes + 4, *end = reply->bytes + length;
    if (get(&from, end) != REPLY) return -EPROTO;
    if (get(&from, end) != MSG_ACCEPTED) return -EREFUSEDCALL;
    get(&from, end);
    from += (get(&from, end) + 3) & ~3u;
    uint32_t status = get(&from, end);
    if (from > end) return -EPROTO;
    if (status == PROG_UNAVAIL || status == PROG_MISMATCH) return -EPROTONOSUPPORT;
    if (status != SUCCESS) return -EREFUSEDCALL;
    libnfs_zdr_destroy(&reply->zdr);
    libnfs_zdrmem_create(&reply->zdr, (char *)from, (uint32_t)(end - from), ZDR_DECODE);
    // What is not empty would be taken for room to decode into.
    if (result_size) memset(result, 0, result_size);
    return decode(&reply->zdr, result) ? 0 : -EPROTO;
}

/* Sends one call and waits for its answer. */
static int exchange(struct server *server, const struct caller *caller, int connection, const struct program *program,
                    uint32_t procedure, zdrproc_t encode, void *arguments, size_t payload, zdrproc_t decode,
                    void *result, size_t result_size, struct reply *reply, int64_t end, bool *sent) {
    static atomic_uint next_xid;
    if (next_xid == 0) atomic_store(&next_xid, (unsigned)(time(NULL) ^ (getpid() << 16)));
    uint32_t xid = atomic_fetch_add(&next_xid, 1);
    size_t length;
    char *call = encode_call(&caller->who, program, xid, procedure, encode, arguments, payload, &length);
    if (!call) return -ENOMEM;
    *sent = true;
    int outcome = transfer(server, caller, connection, true, call, length, end);
    free(call);
    libnfs_zdrmem_create(&reply->zdr, NULL, 0, ZDR_DECODE);
    reply->bytes = NULL;
    if (outcome == 0) outcome = receive(server, caller, connection, &reply->bytes, &length, end);
    if (outcome == 0) {
        const char *from = reply->bytes;
        outcome = length < 20 || get(&from, reply->bytes + length) != xid ? -EPROTO
                                                                         : decode_reply(reply, length, decode, result, result_size);
    }
    if (outcome != 0) reply_free(reply);
    return outcome;
}

/* Whether the other end has said nothing since the last answer; what it says unasked is that it ends. */
static bool is_quiet(int connection) {
    struct pollfd poll_for = {.fd = connection, .events = POLLIN};
    return poll(&poll_for, 1, 0) == 0;
}

/* Waits for the right to use a connection: their number is limited. */
static int take_turn(struct server *server, const struct caller *caller) {
    int stop = 0;
    pthread_mutex_lock(&server->lock);
    while (server->in_use >= most_connections && stop == 0) {
        struct timespec end = after(slice);
        pthread_cond_timedwait(&server->returned, &server->lock, &end);
        pthread_mutex_unlock(&server->lock);
        stop = must_stop(server, caller);
        pthread_mutex_lock(&server->lock);
    }
    if (stop == 0) server->in_use++;
    pthread_mutex_unlock(&server->lock);
    return stop;
}

/* A kept connection, or a new one when none is left. */
static int take_connection(struct server *server, const struct caller *caller) {
    int connection = -1;
    pthread_mutex_lock(&server->lock);
    while (connection < 0 && server->idle_count > 0) {
        connection = server->idle[--server->idle_count];
        if (!is_quiet(connection)) {
            close(connection);
            connection = -1;
        }
    }
    pthread_mutex_unlock(&server->lock);
    return connection >= 0 ? connection : open_connection(server, caller, server->options->port);
}

/* Ends a turn. A good connection is kept; when one failed, so would the idle ones: they lead to the same dead end. */
static void end_turn(struct server *server, int connection, bool is_good, bool has_failed) {
    pthread_mutex_lock(&server->lock);
    server->in_use--;
    if (connection >= 0 && is_good) {
        server->idle[server->idle_count++] = connection;
    } else if (connection >= 0) {
        close(connection);
    }
    while (has_failed && server->idle_count > 0) close(server->idle[--server->idle_count]);
    pthread_cond_signal(&server->returned);
    pthread_mutex_unlock(&server->lock);
}

static void note_failure(struct server *server, int64_t began, int error) {
    pthread_mutex_lock(&server->lock);
    server->last_error = error;
    if (server->outage == 0) __atomic_store_n(&server->outage, began, __ATOMIC_RELAXED);
    bool tell = !server->outage_told && now() - server->outage > 3000;
    server->outage_told |= tell;
    pthread_mutex_unlock(&server->lock);
    if (tell && server->session) say(server, "the server does not answer (%s); waiting for it", strerror(error));
}

static void note_success(struct server *server) {
    if (__atomic_load_n(&server->outage, __ATOMIC_RELAXED) == 0) return;
    pthread_mutex_lock(&server->lock);
    int64_t since = server->outage;
    bool told = server->outage_told;
    __atomic_store_n(&server->outage, 0, __ATOMIC_RELAXED);
    server->outage_told = false;
    pthread_mutex_unlock(&server->lock);
    if (told && since) say(server, "the server answers again, after %.1f s", (double)(now() - since) / 1000);
}

int nfs_call(struct server *server, const struct caller *given, uint32_t procedure, zdrproc_t encode, void *arguments,
             size_t payload, zdrproc_t decode, void *result, size_t result_size, struct reply *reply, bool *again) {
    const struct options *options = server->options;
    const struct program program = {NFS_PROGRAM, NFS_V3, options->port};
    struct caller caller = *given;
    if (options->soft && !caller.deadline) caller.deadline = now() + (int64_t)options->timeout * (options->retries + 1);
    bool reached = false;
    for (int wait = 50;; wait = wait < 500 ? wait * 2 : 1000) {
        int stop = take_turn(server, &caller);
        if (stop) return stop;
        int64_t began = now();
        int connection = take_connection(server, &caller);
        int outcome = connection;
        if (connection >= 0) {
            if (again) *again = reached;
            outcome = exchange(server, &caller, connection, &program, procedure, encode, arguments, payload, decode,
                               result, result_size, reply, began + options->timeout, &reached);
        }
        bool answered = outcome == 0 || outcome == -EREFUSEDCALL;
        if (!answered) stop = must_stop(server, &caller);
        end_turn(server, connection, answered, !answered && !stop);
        if (answered) {
            note_success(server);
            if (outcome == -EREFUSEDCALL) return -EACCES;
            // A server that has just started, or is about to fetch a file from a slow place, asks to be asked again.
            if (procedure == NFS3_NULL || *(const nfsstat3 *)result != NFS3ERR_JUKEBOX) return 0;
            reply_free(reply);
        } else {
            // That somebody stops waiting says nothing about the server.
            if (stop != -EINTR && stop != -ECONNABORTED) note_failure(server, began, -outcome);
            if (stop) return stop;
            // While mounting, what no waiting changes is told at once.
            if (!server->session && (outcome == -EPROTONOSUPPORT || outcome == -ENXIO)) return outcome;
        }
        for (int64_t end = now() + wait; now() < end; pause_for(wait < slice ? wait : slice)) {
            stop = must_stop(server, &caller);
            if (stop) return stop;
        }
    }
}

int single_call(struct server *server, const struct caller *caller, const struct program *program, uint32_t procedure,
                zdrproc_t encode, void *arguments, zdrproc_t decode, void *result, size_t result_size,
                struct reply *reply) {
    reply->bytes = NULL;
    int connection = open_connection(server, caller, program->port);
    if (connection < 0) return connection;
    bool sent;
    int outcome = exchange(server, caller, connection, program, procedure, encode, arguments, 0, decode, result,
                           result_size, reply, now() + 5000, &sent);
    close(connection);
    return outcome;
}

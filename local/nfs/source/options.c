#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { exit_usage = 1, exit_failure = 32 };

static const size_t largest_transfer = 1 << 20;

/* Options that the kernel's client knows and that change nothing here, or only what cannot be seen. */
static const char *const accepted[] = {
    "rw",         "hard",     "defaults",    "nolock",  "lock",     "local_lock", "bg",       "fg",        "intr",
    "nointr",     "tcp",      "ac",          "noac",    "acregmin", "acregmax",   "acdirmin", "acdirmax",  "actimeo",
    "lookupcache", "cto",     "nocto",       "acl",     "noacl",    "rdirplus",   "nordirplus", "retry",   "sharecache",
    "nosharecache", "resvport", "fsc",       "nofsc",   "mounthost", "mountaddr", "mountvers", "mountproto", "namlen",
    "timeo",      "retrans",  "nconnect",    "max_connect", "_netdev", "auto",    "noauto",   "user",      "nouser",
    "users",      "nofail",   "async",       "sync",    "dirsync",  "suid",       "dev",      "exec",      "atime",
    "diratime",   "norelatime", "nostrictatime", "migration", "nomigration", "clientaddr", "addr", "minorversion", "sloppy",
    "posix",      "noposix",  "softreval",   "nosoftreval", "trunkdiscovery", "notrunkdiscovery", "write",
};

static const char *const kernel_options[] = {
    "nosuid", "nodev", "noexec", "noatime", "relatime", "nodiratime", "strictatime", "lazytime",
};

static bool is_one_of(const char *name, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, list[i]) == 0) return true;
    }
    return false;
}

static int complain(const char *option, const char *why) {
    fprintf(stderr, "mount.nfs: the mount option \"%s\" %s\n", option, why);
    return exit_failure;
}

static bool number(const char *text, long least, long most, long *result) {
    char *end;
    errno = 0;
    *result = text ? strtol(text, &end, 10) : 0;
    return text && isdigit((unsigned char)*text) && *end == 0 && errno == 0 && *result >= least && *result <= most;
}

static int set_option(struct options *options, char *option) {
    char whole[128];
    snprintf(whole, sizeof whole, "%s", option);
    char *value = strchr(option, '=');
    if (value) *value++ = 0;
    long n;
    if (!strcmp(option, "ro")) {
        options->read_only = true;
    } else if (!strcmp(option, "soft") || !strcmp(option, "softerr")) {
        options->soft = true;
    } else if (!strcmp(option, "noresvport")) {
        options->reserved_port = false;
    } else if (!strcmp(option, "remount")) {
        return complain(whole, "cannot be done here: unmount, then mount anew");
    } else if (!strcmp(option, "vers") || !strcmp(option, "nfsvers")) {
        // Version 4 is asked for out of habit; what programs see is the same with version 3.
        if (!value || (strcmp(value, "3") && strcmp(value, "4") && strncmp(value, "4.", 2))) {
            return complain(whole, "asks for a version that is not there: it can be 3 (or 4, which version 3 stands in for)");
        }
    } else if (!strcmp(option, "v3") || !strcmp(option, "v4") || !strcmp(option, "v4.0") || !strcmp(option, "v4.1") ||
               !strcmp(option, "v4.2")) {
        // As above.
    } else if (!strcmp(option, "proto") || !strcmp(option, "udp")) {
        if (!value || (strcmp(value, "tcp") && strcmp(value, "tcp6"))) return complain(whole, "is not possible: TCP only");
    } else if (!strcmp(option, "sec")) {
        if (!value || strcmp(value, "sys")) return complain(whole, "is not possible: sec=sys only");
    } else if (!strcmp(option, "port")) {
        if (!number(value, 0, 65535, &n)) return complain(whole, "is no port");
        if (n != 0) options->port = (int)n;
    } else if (!strcmp(option, "mountport")) {
        if (!number(value, 0, 65535, &n)) return complain(whole, "is no port");
        options->mount_port = (int)n;
    } else if (!strcmp(option, "timeo")) {
        if (!number(value, 1, 6000, &n)) return complain(whole, "is no time in tenths of a second from 1 to 6000");
        options->timeout = (int)n * 100;
    } else if (!strcmp(option, "retrans")) {
        if (!number(value, 0, 1000, &n)) return complain(whole, "is no number from 0 to 1000");
        options->retries = (int)n;
    } else if (!strcmp(option, "rsize") || !strcmp(option, "wsize")) {
        if (!number(value, 1024, 1 << 30, &n)) return complain(whole, "is no size of at least 1024");
        size_t size = (size_t)n < largest_transfer ? (size_t)n : largest_transfer;
        *(option[0] == 'r' ? &options->read_size : &options->write_size) = size;
    } else if (is_one_of(option, kernel_options, sizeof kernel_options / sizeof *kernel_options)) {
        size_t used = strlen(options->kernel);
        snprintf(options->kernel + used, sizeof options->kernel - used, ",%s", option);
    } else if (*option != 0 && strncmp(option, "x-", 2) && strncmp(option, "comment", 7) &&
               !is_one_of(option, accepted, sizeof accepted / sizeof *accepted)) {
        return complain(whole, "is not known");
    }
    return 0;
}

/* Splits SERVER:/PATH; the server may be an IPv6 address in brackets. */
static bool split_source(struct options *options) {
    const char *source = options->source;
    const char *colon = strstr(source, source[0] == '[' ? "]:/" : ":/");
    if (!colon || colon == source) return false;
    const char *host = source;
    size_t length = (size_t)(colon - source);
    if (source[0] == '[') {
        host++;
        length--;
        colon++;
    }
    const char *path = colon + 1;
    if (length == 0 || length >= sizeof options->host || strlen(path) >= sizeof options->path) return false;
    memcpy(options->host, host, length);
    options->host[length] = 0;
    snprintf(options->path, sizeof options->path, "%s", path);
    for (size_t end = strlen(options->path); end > 1 && options->path[end - 1] == '/';) options->path[--end] = 0;
    return true;
}

int parse_options(int count, char **arguments, struct options *options) {
    memset(options, 0, sizeof *options);
    options->port = 2049;
    options->reserved_port = true;
    options->timeout = 15000;
    options->retries = 2;
    options->read_size = options->write_size = largest_transfer;
    int positions = 0;
    for (int i = 1; i < count; i++) {
        const char *argument = arguments[i];
        if (argument[0] != '-') {
            if (positions == 0) options->source = argument;
            if (positions == 1) options->directory = argument;
            positions++;
        } else if (!strcmp(argument, "-o") && i + 1 < count) {
            char *list = arguments[++i], *rest;
            for (char *option = strtok_r(list, ",", &rest); option; option = strtok_r(NULL, ",", &rest)) {
                int code = set_option(options, option);
                if (code != 0) return code;
            }
        } else if (!strcmp(argument, "-r")) {
            options->read_only = true;
        } else if ((!strcmp(argument, "-t") || !strcmp(argument, "-N")) && i + 1 < count) {
            i++;
        } else if (strspn(argument + 1, "nsvw") != strlen(argument + 1)) {
            positions = -1;
            break;
        }
    }
    if (positions != 2) {
        fprintf(stderr, "usage: mount.nfs SERVER:/PATH DIRECTORY [-rsnvw] [-o OPTIONS]\n");
        return exit_usage;
    }
    if (!split_source(options)) {
        fprintf(stderr, "mount.nfs: \"%s\" is not of the form SERVER:/PATH\n", options->source);
        return exit_failure;
    }
    return 0;
}

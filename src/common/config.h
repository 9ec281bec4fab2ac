/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * /etc/p11-dane/p11-dane.conf: reading it into one struct. Knows the keys, their forms and
 * defaults; knows nothing of what they are used for. p11-dane.conf(5) describes them.
 */
#ifndef PDANE_CONFIG_H
#define PDANE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/limits.h"

#define PDANE_CONFIG_FILE "/etc/p11-dane/p11-dane.conf"

enum pdane_log_level {
        PDANE_LOG_ERROR = 0,
        PDANE_LOG_WARNING,
        PDANE_LOG_INFO,
        PDANE_LOG_DEBUG,
};

enum pdane_forward {
        PDANE_FORWARD_AUTO = 0, /* the system's resolvers if they pass DNSSEC, otherwise none */
        PDANE_FORWARD_NONE,     /* full recursion */
        PDANE_FORWARD_ADDRESS,  /* forward_to */
};

struct pdane_config {
        /* [daemon] */
        char *socket; /* absolute path */
        enum pdane_log_level log_level;
        char *metrics_file; /* "" : none */
        bool sandbox; /* limit system calls and writing (daemon/sandbox.h) */
        char *user;   /* "" : stay who we are */
        char *state_dir;
        /* [dns] */
        char *unbound_conf;      /* "" : none */
        char *trust_anchor_file; /* "" : RFC 5011 state in state_dir, seeded from the distribution's
                                    root key */
        enum pdane_forward forward;
        bool forward_tls; /* a #TLSNAME was given: DNS over TLS */
        char *forward_to; /* ADDR[@PORT][#TLSNAME] as libunbound takes it, "" unless FORWARD_ADDRESS
                           */
        bool tlsa_ahead; /* ask for TLSA with the address, but in zones known to be unsigned */
        /* [lookup] */
        uint16_t ports[PDANE_PORTS_MAX];
        size_t n_ports;
        unsigned deadline_ms; /* a question waits this long for a host known to have secure TLSA */
        unsigned name_deadline_ms; /* for a name from the DN of which that is not known yet */
        unsigned hint_deadline_ms; /* for any other candidate */
        bool allow_loopback;       /* probe loopback and link-local addresses */
        char **watch;              /* normal form is the reader's business */
        unsigned *watch_lines;     /* line of each, for messages */
        size_t n_watch;
        /* [policy] */
        char **allow_domains; /* NULL-terminated; when there are any, only names at or below them
                                 are looked up */
        char **deny_domains;  /* names at or below these never are */
        char **deny_programs; /* base names of executables whose questions and hints count for
                                 nothing */
        unsigned min_ttl_s, max_ttl_s; /* how long evidence lives at least and at most; min <= max */
        bool legacy_sha1;     /* offer CKO_NSS_TRUST, which carries a SHA-1, to NSS before 3.114 */
        /* [openssl] */
        char *certs_dir; /* "" : none */
};

/*
 * Reads path. A file that does not exist gives the defaults. 0; or -EINVAL, -EIO, -ENOMEM ... with
 * one line for a person in *ret_error (malloc'd, "FILE:LINE: what"), and *ret untouched.
 */
int pdane_config_load(const char *path, struct pdane_config **ret, char **ret_error);
void pdane_config_free(struct pdane_config *c); /* NULL-safe */

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The messages between the command line and the daemon (docs/protocol.md): requests, and the parts
 * that replies are made of. The modules know nothing of them. No allocation, no I/O, no globals;
 * any thread.
 */
#ifndef PDANE_WIRE_REPORT_H
#define PDANE_WIRE_REPORT_H

#include "common/wire.h"

/* They go on where enum pdane_message ends. The numbers are on the wire. */
enum pdane_control {
        PDANE_CONTROL_CHECK = 7,  /* to the daemon: explain a host */
        PDANE_CONTROL_STATUS = 8, /* to the daemon: how is it? */
        PDANE_CONTROL_LIST = 9,   /* to the daemon: what is trusted now? */
        PDANE_CONTROL_FLUSH = 10, /* to the daemon: forget a host, or all */
        PDANE_CONTROL_WATCH = 11, /* to the daemon: tell decisions as they fall */
        PDANE_CONTROL_PART = 12,  /* from the daemon: one piece of a reply */
        PDANE_CONTROL_END = 13,   /* from the daemon: there are no more; final */
};

#define PDANE_CHECK_FRESH 0x1u /* a new lookup even if something is known */

struct pdane_control_request {
        enum pdane_control type; /* CHECK to WATCH */
        struct pdane_bytes
                host;   /* CHECK; FLUSH may have it: 1..PDANE_HINT_NAME_MAX bytes, no NUL */
        uint16_t port;  /* CHECK; FLUSH: 0 stands for all */
        uint32_t flags; /* CHECK: PDANE_CHECK_* */
};

/* 0; -EINVAL; -EMSGSIZE; as the encoders of wire.h. */
int pdane_control_encode(const struct pdane_control_request *rq, uint8_t *buf, size_t cap,
                         size_t *ret_len);
/* 0; -EPROTONOSUPPORT; -EBADMSG. ret points into buf. */
int pdane_control_decode(const uint8_t *buf, size_t len, struct pdane_control_request *ret);

/* The number means what the request says: for FLUSH how many hosts were forgotten, otherwise 0. */
int pdane_end_encode(uint32_t number, uint8_t *buf, size_t cap, size_t *ret_len);
int pdane_end_decode(const uint8_t *buf, size_t len, uint32_t *ret_number);

/* ERROR as wire.h has it: one word. ret: 257 bytes, printable. */
int pdane_error_decode(const uint8_t *buf, size_t len, char ret[257]);

/* ---- parts ---- */

enum pdane_part_kind {
        PDANE_PART_CONTEXT =
                1,            /* CHECK: what was asked, and what configuration says of it; first */
        PDANE_PART_DNS,       /* CHECK: one DNS question about the host, in their order */
        PDANE_PART_RECORD,    /* CHECK: one record of the host's TLSA RRset, in its order */
        PDANE_PART_PROBE,     /* CHECK: one conversation with the server */
        PDANE_PART_CANDIDATE, /* CHECK: a certificate that was decided about; its CERTIFICATE, NAME
                                 and CLIENT parts follow it */
        PDANE_PART_CERTIFICATE,
        PDANE_PART_NAME,
        PDANE_PART_CLIENT,
        PDANE_PART_OUTCOME, /* CHECK: what the lookup came to; last */
        PDANE_PART_STAGE,   /* CHECK: what the lookup waits for; may come at any time before CONTEXT
                             */
        PDANE_PART_VALUE,   /* STATUS */
        PDANE_PART_TRUSTED, /* LIST: one certificate; its NAME parts follow it */
        PDANE_PART_EVENT,   /* WATCH */
};
#define PDANE_PART_LAST PDANE_PART_EVENT

#define PDANE_REPORT_WHY_MAX 255u    /* characters of a reason from elsewhere */
#define PDANE_REPORT_TEXT_MAX 511u   /* characters of a reason of ours */
#define PDANE_REPORT_EVENT_MAX 1023u /* characters of an event's line */
#define PDANE_REPORT_DATA_MAX 2048u  /* bytes of a record's data that are reported */
#define PDANE_REPORT_WORD_MAX 63u

/* Texts are printable ASCII, ended by a NUL here and without one on the wire. Verdicts, outcomes
 * and reasons are the numbers of trust/verdict.h, for programs of the same version. Times are
 * seconds since 1970, 0 unknown. */

#define PDANE_CONTEXT_CONFIGURED 0x1u /* the port is one that clients are helped at */
#define PDANE_CONTEXT_DENIED 0x2u     /* [policy] has the name not looked up; nothing follows */
#define PDANE_CONTEXT_HELD 0x4u       /* evidence is held now */
#define PDANE_CONTEXT_LOOPBACK 0x8u   /* the daemon may connect to loopback addresses */

struct pdane_part_context {
        uint32_t port, flags;
        int64_t now;        /* the daemon's clock */
        int64_t looked_up;  /* when; 0 when that is not the asker's to know */
        int64_t held_until; /* end of what is held */
        char host[PDANE_NAME_MAX + 1];
        char ports[PDANE_REPORT_WORD_MAX + 1]; /* those configured, separated by commas */
};

#define PDANE_DNS_SYNTHESISED 0x1u /* the answer came from a wildcard */
#define PDANE_DNS_NXDOMAIN 0x2u    /* NO_RECORDS because the name does not exist */
#define PDANE_DNS_DECIDED 0x4u     /* TLSA: this is the RRset that counts */

struct pdane_part_dns {
        uint32_t type; /* 1 A, 28 AAAA, 52 TLSA */
        uint32_t verdict, flags;
        int64_t until;
        char asked[PDANE_NAME_MAX + 1];            /* the owner name */
        char alias[PDANE_NAME_MAX + 1];            /* where the aliases led; "" without one */
        char addresses[PDANE_REPORT_TEXT_MAX + 1]; /* SECURE A and AAAA, separated by commas */
        char why[PDANE_REPORT_WHY_MAX + 1];
        char signer[PDANE_NAME_MAX + 1]; /* the zone that signed it; "." the root, "" not known */
};

struct pdane_part_record {
        uint32_t usage, selector, matching;
        uint32_t usable;         /* 0 or 1 */
        uint32_t length;         /* of the whole data */
        struct pdane_bytes data; /* its beginning; into the message */
};

struct pdane_part_probe {
        uint32_t family;  /* 0 the server's choice, 1 RSA, 2 ECDSA or EdDSA */
        uint32_t outcome; /* ACCEPTED: a chain that matches came */
        char why[PDANE_REPORT_WHY_MAX + 1];
};

/* Where a candidate came from. */
#define PDANE_SOURCE_DNS 0u    /* a record holds it */
#define PDANE_SOURCE_SERVER 1u /* the server's choice */
#define PDANE_SOURCE_OTHER_FAMILY                                                                  \
        2u /* what it shows to a client that wants the other kind of key */

struct pdane_part_candidate {
        uint32_t source, reason, culprit_verdict;
        uint32_t matched; /* 0, or 1 when record and depth say what matched what */
        uint32_t record, depth, openssl_error;
        uint32_t by_authority; /* 0 or 1: an authority above the leaf is vouched for */
        int64_t until;
        char culprit[PDANE_NAME_MAX + 3];
};

#define PDANE_POSITION_AUTHORITY 255u /* not sent: the authority that records alone give */

struct pdane_part_certificate {
        uint32_t position; /* in the chain, 0 is the leaf */
        struct pdane_bytes der;
};

struct pdane_part_name {
        uint32_t reason;  /* ACCEPTED: covered */
        uint32_t verdict; /* what DNS says of its TLSA RRset; UNKNOWN: it was not asked */
        uint32_t matched, record, depth;
        uint32_t synthesised; /* 0 or 1 */
        int64_t until;
        char name[PDANE_NAME_MAX + 3];
        char asked[PDANE_NAME_MAX + 1]; /* whose TLSA were asked for */
};

struct pdane_part_client {
        uint32_t client;   /* enum pdane_judge_kind */
        uint32_t accepted; /* 0 or 1 */
        char reason[PDANE_REPORT_TEXT_MAX + 1];
        char mend[PDANE_REPORT_WHY_MAX + 1]; /* what the site's owner does about it; "" nothing */
};

struct pdane_part_outcome {
        uint32_t outcome, reason;
        int64_t until;
        char why[PDANE_REPORT_WHY_MAX + 1];
};

struct pdane_part_stage {
        uint32_t stage; /* 1 DNS, 2 the server and other names */
};

struct pdane_part_value {
        uint32_t is_text; /* 0 or 1 */
        int64_t number;
        char group[PDANE_REPORT_WORD_MAX + 1]; /* "" : none */
        char key[PDANE_REPORT_WORD_MAX + 1];
        char text[PDANE_REPORT_TEXT_MAX + 1];
};

struct pdane_part_trusted {
        uint32_t port, by_authority, watched;
        uint32_t clients; /* who accepts it: bit k for enum pdane_judge_kind k */
        int64_t until;
        char host[PDANE_NAME_MAX + 3];
        char subject[PDANE_REPORT_TEXT_MAX + 1]; /* of the certificate */
        struct pdane_bytes sha256;
};

struct pdane_part_event {
        int64_t when;
        char line[PDANE_REPORT_EVENT_MAX + 1];
};

struct pdane_part {
        enum pdane_part_kind kind;
        union {
                struct pdane_part_context context;
                struct pdane_part_dns dns;
                struct pdane_part_record record;
                struct pdane_part_probe probe;
                struct pdane_part_candidate candidate;
                struct pdane_part_certificate certificate;
                struct pdane_part_name name;
                struct pdane_part_client client;
                struct pdane_part_outcome outcome;
                struct pdane_part_stage stage;
                struct pdane_part_value value;
                struct pdane_part_trusted trusted;
                struct pdane_part_event event;
        };
};

/* Bytes that any part fits in. */
#define PDANE_PART_MAX 20480u

/* Texts: what is not printable ASCII becomes a question mark. 0; -EINVAL; -EMSGSIZE. */
int pdane_part_encode(const struct pdane_part *p, uint8_t *buf, size_t cap, size_t *ret_len);
/* 0; -EPROTONOSUPPORT; -EBADMSG, also for a text that is not printable ASCII. *ret's bytes point
 * into buf. *ret is untouched on failure. */
int pdane_part_decode(const uint8_t *buf, size_t len, struct pdane_part *ret);

#endif

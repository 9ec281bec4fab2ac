/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is said in clear before a TLS handshake where the protocol has STARTTLS: SMTP (RFC 3207),
 * IMAP (RFC 3501), POP3 (RFC 2595), XMPP (RFC 6120), LDAP (RFC 4511). Bytes in, bytes out: knows no
 * socket, event or clock, allocates nothing. Says no more than it takes to come to the handshake.
 */
#ifndef PDANE_STARTTLS_H
#define PDANE_STARTTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A server may use so much of these and no more. */
#define PDANE_STARTTLS_LINE_MAX                                                                    \
        2048u /* bytes of a line without its end; an XML tag; an LDAP message */
#define PDANE_STARTTLS_LINES_MAX 128u   /* lines or tags in all */
#define PDANE_STARTTLS_BYTES_MAX 16384u /* in all */
#define PDANE_STARTTLS_OUT_MAX 512u     /* bytes of what is sent in one turn */

enum pdane_starttls_protocol {
        PDANE_STARTTLS_AUTO = 0, /* what pdane_starttls_for_port says */
        PDANE_STARTTLS_NONE,     /* TLS from the first byte */
        PDANE_STARTTLS_SMTP,
        PDANE_STARTTLS_IMAP,
        PDANE_STARTTLS_POP3,
        PDANE_STARTTLS_XMPP, /* client to server */
        PDANE_STARTTLS_LDAP,
        PDANE_STARTTLS_PROTOCOLS, /* how many there are */
};

enum pdane_starttls_state {
        PDANE_STARTTLS_FAILED = 0,
        PDANE_STARTTLS_READ, /* needs more from the server */
        PDANE_STARTTLS_SEND, /* out[0..out_len) is to be sent before anything is read */
        PDANE_STARTTLS_TLS,  /* the server is ready; its next byte must answer a handshake */
};

/* One dialogue. Read state, why, out and out_len; the rest is private. */
struct pdane_starttls {
        enum pdane_starttls_state state;
        const char *why; /* a few words when FAILED; nothing of them comes from the server */
        size_t out_len;
        uint8_t out[PDANE_STARTTLS_OUT_MAX];

        enum pdane_starttls_protocol protocol;
        unsigned stage; /* greeting, offer, go-ahead */
        bool offered;
        bool cr;              /* the line's end has begun */
        uint8_t quote;        /* the XML attribute value's, or 0 */
        unsigned depth;       /* open XML elements */
        unsigned reply_lines; /* of the present reply */
        size_t lines, bytes;  /* so far */
        size_t n;
        uint8_t line[PDANE_STARTTLS_LINE_MAX];
};

/* NONE where TLS starts at once. Never AUTO. */
enum pdane_starttls_protocol pdane_starttls_for_port(uint16_t port);

/*
 * Begins a dialogue with the server for host (XMPP names it; normal form). Look at the state: the
 * client speaks first in some protocols. FAILED for AUTO, NONE and a host that cannot be written.
 */
void pdane_starttls_init(struct pdane_starttls *s, enum pdane_starttls_protocol protocol,
                         const char *host);

/*
 * What came from the server, in pieces of any size. A byte that comes when it is not the server's
 * turn, and so any that follows its go-ahead (CVE-2011-0411), is a failure. FAILED is for good.
 */
enum pdane_starttls_state pdane_starttls_feed(struct pdane_starttls *s, const uint8_t *data,
                                              size_t len);

/* The first n bytes of out were sent: the others move up, and without any the state is READ. */
void pdane_starttls_sent(struct pdane_starttls *s, size_t n);

#endif

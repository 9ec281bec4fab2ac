/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the STARTTLS dialogue share. Nothing outside of them includes it. */
#ifndef PDANE_STARTTLS_IMPL_H
#define PDANE_STARTTLS_IMPL_H

#include "daemon/starttls.h"

enum pdane_starttls_stage {
        PDANE_STAGE_GREETING = 0,
        PDANE_STAGE_OFFER,    /* what the server can do */
        PDANE_STAGE_GO_AHEAD, /* its answer to the wish for TLS */
};

/* Each takes one byte in the server's turn. */
void pdane_starttls_smtp_byte(struct pdane_starttls *s, uint8_t c);
void pdane_starttls_imap_byte(struct pdane_starttls *s, uint8_t c);
void pdane_starttls_pop3_byte(struct pdane_starttls *s, uint8_t c);
void pdane_starttls_xmpp_byte(struct pdane_starttls *s, uint8_t c);
void pdane_starttls_ldap_byte(struct pdane_starttls *s, uint8_t c);

/* The client's first words, where it speaks first. */
void pdane_starttls_xmpp_begin(struct pdane_starttls *s, const char *host);
void pdane_starttls_ldap_begin(struct pdane_starttls *s, const char *host);

#define PDANE_XMPP_TLS_NS "urn:ietf:params:xml:ns:xmpp-tls"

void pdane_starttls_fail(struct pdane_starttls *s, const char *why);
void pdane_starttls_say(struct pdane_starttls *s, const void *data, size_t len);
void pdane_starttls_stage_over(struct pdane_starttls *s); /* the reply that ends it is positive */

/* One more byte into the line buffer; a line or a tag is whole. False: it was one too many. */
bool pdane_starttls_keep(struct pdane_starttls *s, uint8_t c);
bool pdane_starttls_count_line(struct pdane_starttls *s);

#endif

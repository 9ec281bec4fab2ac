/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said by both sides where all goes well, for the dialogue alone and for real servers. */
#ifndef PDANE_TEST_STARTTLS_SCRIPTS_H
#define PDANE_TEST_STARTTLS_SCRIPTS_H

#include "daemon/starttls.h"

struct octets {
        const char *data;
        size_t len;
};
#define OCTETS(text)                                                                               \
        {                                                                                          \
                text, sizeof(text) - 1                                                             \
        }

#define EHLO "EHLO client.invalid\r\n"
#define XMPP_TLS "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
#define XMPP_OPEN                                                                                  \
        "<?xml version='1.0'?><stream:stream to='www.example' version='1.0' "                      \
        "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
#define XMPP_WISH "<starttls " XMPP_TLS "/>"
#define XMPP_HEADER                                                                                \
        "<?xml version='1.0'?><stream:stream id='1>2' from=\"www.example\" version='1.0' "         \
        "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
#define XMPP_FEATURES                                                                              \
        "<stream:features><starttls " XMPP_TLS "><required/></starttls></stream:features>"
#define LDAP_OID "1.3.6.1.4.1.1466.20037"
#define LDAP_WISH "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" LDAP_OID

#define TURNS_MAX 3
struct script {
        enum pdane_starttls_protocol protocol;
        bool client_first;
        struct octets client[TURNS_MAX], server[TURNS_MAX]; /* turn by turn */
};

/* The first of each protocol are the five that servers of tests speak. */
extern const struct script starttls_scripts[];
extern const size_t starttls_scripts_count;

size_t turns(const struct script *script);
const struct script *script_of(enum pdane_starttls_protocol protocol);

/* ---- playing a script without a server ---- */

extern struct pdane_starttls dialogue;

void begin(enum pdane_starttls_protocol protocol);
/* The first turns of a script in pieces of this size, up to where the server's turn number end
 * would come. */
void play(const struct script *script, size_t end, size_t piece);
/* The server's turn. Every byte but the last leaves it the turn. */
void hear(struct octets text, size_t piece);
/* It failed, with these words, and for good. */
void assert_failed(const char *why);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which servers DNS questions are sent to: from the configuration's forward= or from resolv.conf,
 * in the form that libunbound takes. Knows nothing of DNS messages.
 */
#ifndef PDANE_RESOLVER_UPSTREAM_H
#define PDANE_RESOLVER_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PDANE_FORWARDERS_MAX 8u
#define PDANE_FORWARDER_TEXT_MAX 384u /* ADDR%SCOPE@PORT#TLSNAME with its NUL */

struct pdane_forwarders {
        size_t n;
        char text[PDANE_FORWARDERS_MAX][PDANE_FORWARDER_TEXT_MAX]; /* ADDR@PORT[#TLSNAME] */
        bool tls;
        bool loopback; /* one of them is on this machine */
};

/*
 * Appends "ADDR[@PORT][#TLSNAME]". The port defaults to 53, with a TLSNAME to 853.
 * 0; -EINVAL (not that); -E2BIG (list full).
 */
int pdane_forwarders_add(struct pdane_forwarders *f, const char *text);

/*
 * Appends the nameserver lines of a resolv.conf(5), the first PDANE_FORWARDERS_MAX that are
 * addresses, all at port; what does not parse is passed over. 0, or negative errno when path cannot
 * be read.
 */
int pdane_forwarders_read(struct pdane_forwarders *f, const char *path, uint16_t port);

/* "forward 192.0.2.1,2001:db8::1": the addresses alone, cut when cap is short. */
void pdane_forwarders_format(const struct pdane_forwarders *f, char *buf, size_t cap);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which keys a validated answer about a host will rest on, so that they can be asked for together
 * with the answer and not one after the other when it is there: from the root down, each DS and
 * DNSKEY is a round trip of its own. And of which hosts TLSA is worth asking for in the same way.
 * Knows names alone; remembers which it told lately, so that further hosts below one zone cost
 * nothing. What it gets wrong costs time, never trust. One thread.
 */
#ifndef PDANE_RESOLVER_WARM_H
#define PDANE_RESOLVER_WARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PDANE_WARM_NAMES_MAX 5u      /* zones for one host: the root, and four below it */
#define PDANE_WARM_SLOTS 256u        /* names that are remembered */
#define PDANE_WARM_MS 60000          /* for how long */
#define PDANE_WARM_SIGNED_MS 3600000 /* and for how long that a zone was found signed, or not */
#define PDANE_WARM_PLAIN_SLOTS 4096u /* names below which TLSA is not asked ahead */
#define PDANE_WARM_ASKED_MS 10000    /* a zone whose first host is being looked up is such, too */

/* All zero: nothing told yet. */
struct pdane_warm {
        struct pdane_warm_slot {
                uint64_t name; /* its hash; 0: none. A collision leaves a name out for a minute. */
                int64_t until_ms;
        } slots[PDANE_WARM_SLOTS], signed_zones[PDANE_WARM_SLOTS], plain[PDANE_WARM_PLAIN_SLOTS];
};

/*
 * The zones above host that were not told within PDANE_WARM_MS, from the root ("") down: parts of
 * host, which is in normal form. The host's own name is among them when it looks like a zone's apex
 * (example.org, example.co.uk). now_ms: pdane_clock_ms. Returns how many.
 */
size_t pdane_warm_zones(struct pdane_warm *w, const char *host, int64_t now_ms,
                        const char *ret[PDANE_WARM_NAMES_MAX]);

/*
 * Remembers that an address below zone was secure. A zone of one label is passed over: what is
 * below a registry's own name says nothing of others.
 */
void pdane_warm_note_signed(struct pdane_warm *w, const char *zone, int64_t now_ms);

/*
 * Is host such a zone's name, or the next below one? A guess: it may have been delegated since, and
 * what lies deeper often is.
 */
bool pdane_warm_is_signed(const struct pdane_warm *w, const char *host, int64_t now_ms);

/*
 * Remembers that host's address is insecure: its zone is unsigned, or what an alias of it leads to.
 * Where the zone begins nobody tells; host and the next name above it stand for it, but never a
 * name of one label. So a registry of two labels (co.uk) is taken for unsigned when a name next
 * below it is.
 */
void pdane_warm_note_unsigned(struct pdane_warm *w, const char *host, int64_t now_ms);

/*
 * Shall TLSA of host be asked for before its address is there, though nothing secure is known of
 * its zone? True once for host, or a name that shares the next one above: what comes of the address
 * says how it goes on (pdane_warm_note_signed, _unsigned), and when nothing does, it is true again
 * PDANE_WARM_ASKED_MS later. False for a name of one label.
 */
bool pdane_warm_asks_ahead(struct pdane_warm *w, const char *host, int64_t now_ms);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notices that this machine is in another network: its addresses changed, or the DNS servers that
 * its resolv.conf(5) names. Routers repeat what they say; what counts is a difference. Knows
 * nothing of what follows from that. One thread.
 */
#ifndef PDANE_NETWATCH_H
#define PDANE_NETWATCH_H

struct event_base;
struct pdane_netwatch;

/* The kernel tells of addresses and routes; a look follows this much later, for they come in
 * numbers. And a look is taken now and then in any case: nobody tells of resolv.conf. */
#define PDANE_NETWATCH_SETTLE_MS 1000
#define PDANE_NETWATCH_S 5
#define PDANE_RESOLV_CONF_MAX 65536u /* bytes of resolv.conf that count */

/*
 * changed is called from the event loop, at most once for each look. resolv_conf is read by its
 * name each time, and may be missing. 0, -ENOMEM, or the errno of a netlink socket that cannot be
 * had.
 */
int pdane_netwatch_new(struct event_base *base, const char *resolv_conf, void (*changed)(void *arg),
                       void *arg, struct pdane_netwatch **ret);
void pdane_netwatch_free(struct pdane_netwatch *w); /* NULL-safe */

/* Looks now. */
void pdane_netwatch_check(struct pdane_netwatch *w);

#endif

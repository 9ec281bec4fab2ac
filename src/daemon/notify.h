/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telling the service manager how we are: the protocol of sd_notify(3), which is one datagram with
 * lines KEY=VALUE. Ours, and not libsystemd's, for what docs/architecture.md says. One state for
 * the process, one thread.
 */
#ifndef PDANE_NOTIFY_H
#define PDANE_NOTIFY_H

#include <stdint.h>

/*
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, takes them out of the environment, and
 * connects: later the sandbox lets no Unix socket be made. 0 also when nobody wants to be told;
 * negative errno when the socket that was named cannot be used: then nobody is told.
 */
int pdane_notify_open(void);

/* Best effort: without a service manager, or when it does not listen, nothing happens. */
void pdane_notify_ready(void);
/* The time goes along, for Type=notify-reload. pdane_notify_ready ends it, whatever came of it. */
void pdane_notify_reloading(void);
void pdane_notify_stopping(void);
void pdane_notify_alive(void);

/* How often pdane_notify_alive is to be called, in microseconds: half of what the manager allows.
 * 0: never. */
uint64_t pdane_notify_watchdog_us(void);

void pdane_notify_close(void);

#endif

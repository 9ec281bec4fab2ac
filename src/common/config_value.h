/* SPDX-License-Identifier: BSD-3-Clause */
/* The forms that configuration values take. Each parser leaves *ret alone on failure and says what
 * it wanted in one phrase. */
#ifndef PDANE_CONFIG_VALUE_H
#define PDANE_CONFIG_VALUE_H

#include "common/config.h"

/* All: 0, -EINVAL with *ret_wanted a static phrase for "expected ...", or -ENOMEM. */
int pdane_value_bool(const char *text, bool *ret, const char **ret_wanted);
int pdane_value_ms(const char *text, unsigned *ret,
                   const char **ret_wanted); /* 1..600000 milliseconds */
/* Whole seconds from PDANE_EVIDENCE_FLOOR_S, from PDANE_EVIDENCE_CAP_MIN_S; empty: *ret stays. */
int pdane_value_min_ttl(const char *text, unsigned max_ttl_s, unsigned *ret,
                        const char **ret_wanted);
int pdane_value_max_ttl(const char *text, unsigned min_ttl_s, unsigned *ret,
                        const char **ret_wanted);
int pdane_value_log_level(const char *text, enum pdane_log_level *ret, const char **ret_wanted);
int pdane_value_path(const char *text, bool may_be_empty, char **ret,
                     const char **ret_wanted); /* absolute; replaces *ret */
int pdane_value_user(const char *text, char **ret, const char **ret_wanted);
int pdane_value_ports(const char *text, uint16_t ports[PDANE_PORTS_MAX], size_t *ret_n,
                      const char **ret_wanted);
/* Adds to a NULL-terminated list, up to PDANE_POLICY_MAX. */
int pdane_value_strings(const char *text, char ***list, const char **ret_wanted);
/* auto, none, or ADDR[@PORT][#TLSNAME]. */
int pdane_value_forward(const char *text, struct pdane_config *c, const char **ret_wanted);

/* Calls each() for every item of a list separated by commas and white space; stops at a negative
 * result and returns it. */
int pdane_value_list(const char *text, int (*each)(void *arg, const char *item), void *arg);

#endif

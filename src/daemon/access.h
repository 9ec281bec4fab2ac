/* SPDX-License-Identifier: BSD-3-Clause */
/* [policy]: which names are looked up at all, and whose questions count. One thread. */
#ifndef PDANE_ACCESS_H
#define PDANE_ACCESS_H

#include <sys/types.h>

#include "common/config.h"
#include "trust/cert.h"

struct pdane_access;

/* 0, -ENOMEM, or -EINVAL for an entry that is no domain name, with one line for a person in
 * *ret_error (malloc'd). */
int pdane_access_new(const struct pdane_config *cfg, const char *config_path,
                     struct pdane_access **ret, char **ret_error);
void pdane_access_free(struct pdane_access *a); /* NULL-safe */

/* name in normal form: at or below an allowed domain (or none is listed), and not at or below a
 * denied one. */
bool pdane_access_domain(const struct pdane_access *a, const char *name);

/* The same for a name of a certificate: a wildcard also stands for what lies below it, so none of
 * that may be denied. */
bool pdane_access_name(const struct pdane_access *a, const struct pdane_name *n);
bool pdane_access_certificate(const struct pdane_access *a,
                              const struct pdane_cert *c); /* all of its names */

/* False when the executable of pid is a denied one, or when that cannot be told and any is denied.
 * Where only the names are to be seen that pid gives itself (comm, its first argument), either
 * counts. */
bool pdane_access_program(const struct pdane_access *a, pid_t pid);

#endif

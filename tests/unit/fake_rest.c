/* SPDX-License-Identifier: BSD-3-Clause */
/* What only the whole daemon calls: never reached in tests of its parts. */
#include <errno.h>
#include <stdlib.h>

#include "daemon/probe.h"
#include "daemon/resolver.h"

int
pdane_resolver_new(struct event_base *base, const struct pdane_config *cfg,
                   struct pdane_resolver **ret, char **ret_error)
{
        (void)base;
        (void)cfg;
        (void)ret;
        (void)ret_error;
        abort();
}

void
pdane_resolver_free(struct pdane_resolver *r)
{
        (void)r;
}

const char *
pdane_resolver_upstream(const struct pdane_resolver *r)
{
        (void)r;
        return "fake";
}

int
pdane_prober_new(struct event_base *base, struct pdane_prober **ret)
{
        (void)base;
        (void)ret;
        abort();
}

void
pdane_prober_free(struct pdane_prober *p)
{
        (void)p;
}

const char *
pdane_resolver_upstream_check(const struct pdane_resolver *r)
{
        (void)r;
        return "not-needed";
}

const char *
pdane_resolver_anchor_path(const struct pdane_resolver *r)
{
        (void)r;
        return "";
}

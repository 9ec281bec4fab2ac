/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the daemon may still do once it reads from the network: a list of system calls (seccomp(2)),
 * and files that it may change (Landlock). Entered once, after start-up; there is no way out.
 */
#ifndef PDANE_SANDBOX_H
#define PDANE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct pdane_sandbox {
        const char *state_dir, *certs_dir; /* may be written to; "" or NULL: none */
        const char *metrics_file;          /* its directory too; "" or NULL: none */
        const char *socket; /* our socket, to be removed at the end; NULL: not ours */
};

/* What is in force. calls is false in builds with sanitizers only, which need calls of their own;
 * files where the kernel has no Landlock: then what the service manager forbids holds. */
struct pdane_sandbox_force {
        bool calls, files;
};

/*
 * From here on any system call that is not on the list ends the process with SIGSYS; a socket of
 * another family than IPv4, IPv6 and routing netlink is refused with EAFNOSUPPORT.
 *
 * 0, or negative errno with one line for a person in *ret_error (malloc'd): the caller must not go
 * on. -ENOSYS from a build without libseccomp. Sets no_new_privs. Before any other thread is made.
 */
int pdane_sandbox_enter(const struct pdane_sandbox *s, struct pdane_sandbox_force *ret,
                        char **ret_error);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Where fake daemons listen: a socket in a directory of its own. Whatever fails fails the test. */
#ifndef PDANE_TEST_FAKE_SOCKET_H
#define PDANE_TEST_FAKE_SOCKET_H

#define FAKE_DIRECTORY_MAX 64u
#define FAKE_PATH_MAX 96u

/* Makes both, and returns the socket, bound; it does not listen yet. */
int fake_socket_bind(char ret_directory[FAKE_DIRECTORY_MAX], char ret_path[FAKE_PATH_MAX]);
/* Closes it and the connections that were kept, and removes both. */
void fake_socket_close(int fd, const int *kept, int n_kept, const char *path,
                       const char *directory);

#endif

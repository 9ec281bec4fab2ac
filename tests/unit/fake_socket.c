/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

int
fake_socket_bind(char ret_directory[FAKE_DIRECTORY_MAX], char ret_path[FAKE_PATH_MAX])
{
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        snprintf(ret_directory, FAKE_DIRECTORY_MAX, "/tmp/p11-dane-test-XXXXXX");
        assert_non_null(mkdtemp(ret_directory));
        snprintf(ret_path, FAKE_PATH_MAX, "%s/socket", ret_directory);
        memcpy(a.sun_path, ret_path, strlen(ret_path) + 1);
        assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
        return fd;
}

void
fake_socket_close(int fd, const int *kept, int n_kept, const char *path, const char *directory)
{
        close(fd);
        for (int i = 0; i < n_kept; i++)
                close(kept[i]);
        unlink(path);
        rmdir(directory);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Input for what reads files by name. */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

int
fuzz_file(struct fuzz_input in, char path[static 32])
{
        int fd = memfd_create("fuzz", MFD_CLOEXEC);

        FUZZ_CHECK(fd >= 0);
        for (size_t done = 0; done < in.len;) {
                ssize_t n = write(fd, in.data + done, in.len - done);

                FUZZ_CHECK(n > 0);
                done += (size_t)n;
        }
        snprintf(path, 32, "/proc/self/fd/%d", fd);
        return fd;
}

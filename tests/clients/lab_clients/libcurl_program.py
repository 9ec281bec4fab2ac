#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""usage: libcurl_program.py LIBRARY CAINFO URL: fetches URL with one of libcurl's builds; the page goes to standard
output. The exit status is libcurl's own (CURLcode), its words go to standard error.
"""
import ctypes
import os
import sys

# curl/curl.h
URL, CAINFO, ERRORBUFFER, NOPROXY, TIMEOUT, GLOBAL_ALL, ERROR_SIZE = 10002, 10065, 10010, 10177, 13, 3, 256


def main():
    library, ca_info, url = sys.argv[1:]
    curl = ctypes.CDLL(library)
    curl.curl_easy_init.restype = ctypes.c_void_p
    words = ctypes.create_string_buffer(ERROR_SIZE)
    curl.curl_global_init(ctypes.c_long(GLOBAL_ALL))
    handle = ctypes.c_void_p(curl.curl_easy_init())

    def setopt(option, value):
        # Variadic in C: the value must be as wide as a pointer or a long.
        status = curl.curl_easy_setopt(handle, ctypes.c_int(option), value)
        if status:
            sys.exit(f"option {option}: {status}")

    setopt(URL, ctypes.c_char_p(url.encode()))
    setopt(CAINFO, ctypes.c_char_p(ca_info.encode()))
    setopt(NOPROXY, ctypes.c_char_p(b"*"))
    setopt(TIMEOUT, ctypes.c_long(20))
    setopt(ERRORBUFFER, words)
    status = curl.curl_easy_perform(handle)
    sys.stderr.write(words.value.decode(errors="replace"))
    curl.curl_easy_cleanup(handle)
    sys.stderr.flush()
    ctypes.CDLL(None).fflush(None)  # libcurl wrote the page by C's own means
    os._exit(status)  # what libraries do at exit is not the question


if __name__ == "__main__":
    main()

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that asks a PKCS#11 module as GnuTLS does whether it knows a certificate, and says
 * "trusted" or "nothing".
 *
 * usage: pkcs11_ask MODULE CERT.pem [fork | again]
 *
 * again: for each line that it reads it asks once more, and writes one.
 * fork: the process forks while one of its threads waits for the answer; the child asks too. Two
 * lines, the child's first.
 */
#include <dlfcn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cryptoki.h"

/* By then the thread waits: a daemon has a whole second for its first word, and the server that the
 * test chooses takes longer. */
#define BEFORE_FORK_US 300000u

struct wanted {
        unsigned char *der, *issuer, *serial;
        int der_len, issuer_len, serial_len;
};

static CK_FUNCTION_LIST *functions;
static struct wanted wanted;

static void
fail(const char *what)
{
        fprintf(stderr, "pkcs11_ask: %s\n", what);
        exit(1);
}

static void
load_module(const char *path)
{
        void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        CK_C_GetFunctionList get;
        if (!handle)
                fail(dlerror());
        *(void **)&get = dlsym(handle, "C_GetFunctionList");
        if (!get || get(&functions) != CKR_OK)
                fail("C_GetFunctionList");
}

static void
load_certificate(const char *path)
{
        FILE *f = fopen(path, "re");
        X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
        if (!cert)
                fail("the certificate cannot be read");
        fclose(f);
        wanted.der_len = i2d_X509(cert, &wanted.der);
        wanted.issuer_len = i2d_X509_NAME(X509_get_issuer_name(cert), &wanted.issuer);
        wanted.serial_len = i2d_ASN1_INTEGER(X509_get_serialNumber(cert), &wanted.serial);
        X509_free(cert);
        if (wanted.der_len <= 0 || wanted.issuer_len <= 0 || wanted.serial_len <= 0)
                fail("the certificate cannot be written");
}

static CK_SESSION_HANDLE
open_session(void)
{
        CK_SLOT_ID slots[4];
        CK_ULONG n = 4;
        CK_SESSION_HANDLE session;
        if (functions->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK || n == 0 ||
            functions->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
                fail("no session");
        return session;
}

/* Whether the module has this very certificate. */
static bool
is_trusted(void)
{
        CK_OBJECT_CLASS class = CKO_CERTIFICATE;
        CK_CERTIFICATE_TYPE type = CKC_X_509;
        CK_BBOOL yes = CK_TRUE;
        unsigned char value[16384];
        CK_ATTRIBUTE template[] = {
                {CKA_CLASS, &class, sizeof class},
                {CKA_TRUSTED, &yes, sizeof yes},
                {CKA_CERTIFICATE_TYPE, &type, sizeof type},
                {CKA_SERIAL_NUMBER, wanted.serial, (CK_ULONG)wanted.serial_len},
                {CKA_ISSUER, wanted.issuer, (CK_ULONG)wanted.issuer_len},
        };
        CK_ATTRIBUTE get = {CKA_VALUE, value, sizeof value};
        CK_OBJECT_HANDLE object;
        CK_ULONG n = 0;
        CK_SESSION_HANDLE session = open_session();

        if (functions->C_FindObjectsInit(session, template, sizeof template / sizeof *template) !=
                    CKR_OK ||
            functions->C_FindObjects(session, &object, 1, &n) != CKR_OK ||
            functions->C_FindObjectsFinal(session) != CKR_OK)
                fail("the search failed");
        bool found = n == 1 && functions->C_GetAttributeValue(session, object, &get, 1) == CKR_OK &&
                     get.ulValueLen == (CK_ULONG)wanted.der_len &&
                     memcmp(value, wanted.der, get.ulValueLen) == 0;
        functions->C_CloseSession(session);
        return found;
}

static void
say(bool trusted)
{
        puts(trusted ? "trusted" : "nothing");
        fflush(stdout);
}

static void
ask_for_each_line(void)
{
        char line[16];
        while (fgets(line, sizeof line, stdin))
                say(is_trusted());
}

static void *
ask_in_thread(void *arg)
{
        *(bool *)arg = is_trusted();
        return NULL;
}

static int
ask_in_child(void)
{
        if (functions->C_Initialize(NULL) != CKR_OK)
                fail("C_Initialize in the child");
        say(is_trusted());
        return functions->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}

static void
ask_twice(void)
{
        bool trusted = false;
        pthread_t thread;
        int status = 1;
        if (pthread_create(&thread, NULL, ask_in_thread, &trusted) != 0)
                fail("no thread");
        usleep(BEFORE_FORK_US);
        pid_t child = fork();
        if (child < 0)
                fail("no child");
        if (child == 0)
                _exit(ask_in_child());
        if (waitpid(child, &status, 0) != child || status != 0)
                fail("the child failed");
        pthread_join(thread, NULL);
        say(trusted);
}

int
main(int argc, char **argv)
{
        if (argc < 3)
                fail("usage: pkcs11_ask MODULE CERT.pem [fork | again]");
        load_module(argv[1]);
        load_certificate(argv[2]);
        if (functions->C_Initialize(NULL) != CKR_OK)
                fail("C_Initialize");
        if (argc > 3 && strcmp(argv[3], "fork") == 0)
                ask_twice();
        else
                say(is_trusted());
        if (argc > 3 && strcmp(argv[3], "again") == 0)
                ask_for_each_line();
        OPENSSL_free(wanted.der);
        OPENSSL_free(wanted.issuer);
        OPENSSL_free(wanted.serial);
        return functions->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}

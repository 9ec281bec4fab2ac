/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The throwaway key that signs an anchor is nowhere in memory once the anchor is made: all of it is
 * searched. OpenSSL does the wiping when the last reference goes; what is tested is that it goes,
 * and that no copy stays.
 *
 * X509_sign is ours here: it learns the key, and passes it on. The secret is kept masked, so that
 * the search does not find itself.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "certs.h"
#include "test.h"
#include "trust/anchor.h"

#define SECRET_MAX 128u
#define SECRET_MIN 28u
#define CHUNK 65536u
#define REGION_MAX (1u << 30)

static struct {
        unsigned char mask[SECRET_MAX], masked[SECRET_MAX]; /* most significant byte first */
        size_t len;
        size_t while_signing; /* how often it was found */
        bool keep;            /* a reference of our own, as a bug would */
        EVP_PKEY *kept;
} secret;

/* ---- searching ---- */

static bool
at(const unsigned char *p, bool backwards)
{
        for (size_t i = 0; i < secret.len; i++) {
                size_t j = backwards ? secret.len - 1 - i : i;
                if ((p[i] ^ secret.mask[j]) != secret.masked[j])
                        return false;
        }
        return true;
}

static size_t
search_chunk(const unsigned char *p, size_t len)
{
        size_t found = 0;
        for (size_t i = 0; i + secret.len <= len; i++)
                found += at(p + i, false) || at(p + i, true);
        return found;
}

/* The buffer is in none of the regions that are searched: its copies are not the process's. */
static size_t
search_region(int mem, unsigned long from, unsigned long to, unsigned char *buf)
{
        size_t found = 0;
        while (from < to) {
                size_t want = to - from < CHUNK ? to - from : CHUNK;
                ssize_t n = pread(mem, buf, want, (off_t)from);
                if (n <= 0)
                        break;
                found += search_chunk(buf, (size_t)n);
                if ((size_t)n <= secret.len || from + (size_t)n >= to)
                        break;
                from += (size_t)n - (secret.len - 1); /* across chunks too */
        }
        return found;
}

static size_t
search_memory(void)
{
        static unsigned char buf[CHUNK];
        unsigned long own = (unsigned long)buf;
        char line[512];
        size_t found = 0, regions = 0;
        FILE *maps = fopen("/proc/self/maps", "re");
        int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
        assert_non_null(maps);
        assert_true(mem >= 0);
        while (fgets(line, sizeof line, maps)) {
                char *at_to, *rights;
                unsigned long from = strtoul(line, &at_to, 16);
                unsigned long to = strtoul(at_to + 1, &rights, 16);
                if (strncmp(rights, " rw", 3) != 0 || to - from > REGION_MAX)
                        continue;
                regions++;
                if (own < from || own >= to) {
                        found += search_region(mem, from, to, buf);
                } else {
                        found += search_region(mem, from, own, buf);
                        found += search_region(mem, own + CHUNK, to, buf);
                }
        }
        memset(buf, 0, sizeof buf);
        fclose(maps);
        close(mem);
        assert_true(regions > 3);
        return found;
}

/* ---- learning the key ---- */

static void
mask_bytes(const unsigned char *bytes, size_t len)
{
        assert_in_range(len, SECRET_MIN, SECRET_MAX);
        assert_int_equal(RAND_bytes(secret.mask, (int)len), 1);
        for (size_t i = 0; i < len; i++)
                secret.masked[i] = bytes[i] ^ secret.mask[i];
        secret.len = len;
}

static void
learn(const EVP_PKEY *key)
{
        const char *name = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ? OSSL_PKEY_PARAM_RSA_FACTOR1
                                                                     : OSSL_PKEY_PARAM_PRIV_KEY;
        unsigned char bytes[SECRET_MAX];
        size_t len = sizeof bytes;
        BIGNUM *bn = NULL;
        if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
                assert_int_equal(EVP_PKEY_get_raw_private_key(key, bytes, &len), 1);
        } else {
                assert_int_equal(EVP_PKEY_get_bn_param(key, name, &bn), 1);
                len = (size_t)BN_bn2bin(bn, bytes);
                BN_clear_free(bn);
        }
        mask_bytes(bytes, len);
        OPENSSL_cleanse(bytes, sizeof bytes);
}

int
X509_sign(X509 *x, EVP_PKEY *key, const EVP_MD *md)
{
        static int (*real)(X509 *, EVP_PKEY *, const EVP_MD *);
        if (!real)
                *(void **)&real = dlsym(RTLD_NEXT, "X509_sign");
        assert_non_null(real);
        learn(key);
        int r = real(x, key, md);
        secret.while_signing = search_memory();
        if (secret.keep && EVP_PKEY_up_ref(key))
                secret.kept = key;
        return r;
}

/* ---- the anchor ---- */

static void
make_anchor(EVP_PKEY *key)
{
        struct pdane_name name;
        struct pdane_cert *anchor = NULL;
        X509 *above = test_x509(
                &(struct test_spec){.cn = "Above", .bc = TEST_BC_TRUE, .key = test_key(1)});
        struct pdane_cert *signer = test_cert(&(struct test_spec){.cn = "Private CA",
                                                                  .bc = TEST_BC_TRUE,
                                                                  .key = key,
                                                                  .key_id = true,
                                                                  .signer = above,
                                                                  .signer_key = test_key(1)});
        assert_int_equal(pdane_name_parse("host.example", 12, &name), 0);
        memset(&secret.mask, 0, sizeof secret.mask);
        secret.len = secret.while_signing = 0;
        assert_int_equal(pdane_anchor_new(signer, &name, 1, TEST_NOW, TEST_NOW + 3600, &anchor), 0);
        assert_in_range(secret.len, SECRET_MIN, SECRET_MAX);
        assert_true(secret.while_signing > 0); /* so it would be found */
        pdane_cert_unref(anchor);
        pdane_cert_unref(signer);
        X509_free(above);
}

static void
check_gone(EVP_PKEY *key)
{
        for (int i = 0; i < 3; i++) {
                make_anchor(key);
                assert_int_equal(search_memory(), 0);
        }
}

static void
test_ec(void **state)
{
        (void)state;
        check_gone(test_key(0));
}

static void
test_rsa(void **state)
{
        (void)state;
        check_gone(test_key_rsa());
}

static void
test_ed25519(void **state)
{
        EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        (void)state;
        assert_non_null(key);
        make_anchor(key);
        assert_int_equal(search_memory(), 0);
        EVP_PKEY_free(key);
}

/* What the others would see if a reference stayed. */
static void
test_kept_key_is_found(void **state)
{
        (void)state;
        secret.keep = true;
        make_anchor(test_key(0));
        secret.keep = false;
        assert_true(search_memory() > 0);
        EVP_PKEY_free(secret.kept);
        secret.kept = NULL;
        assert_int_equal(search_memory(), 0);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ec),
                cmocka_unit_test(test_rsa),
                cmocka_unit_test(test_ed25519),
                cmocka_unit_test(test_kept_key_is_found),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every instruction of hand-written cryptography, and of URL parsing. See single_step.h.
 *
 * libcrypto chooses its assembly by the processor. So that the same code is tested on every machine, this program also runs itself with
 * OPENSSL_ia32cap, which takes instruction sets away. */
#include <curl/curl.h>
#include <openssl/evp.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/single_step.h"

enum { MESSAGE_BYTES = 1200 };

extern char **environ;

static unsigned char message[MESSAGE_BYTES], sealed[MESSAGE_BYTES + 64], digest[EVP_MAX_MD_SIZE];
static const unsigned char secret[32] = "0123456789abcdef0123456789abcde";
static EVP_MD_CTX *hashing;
static EVP_CIPHER_CTX *sealing;
static EVP_PKEY *key;
static EVP_PKEY_CTX *signing;
static const EVP_MD *hashes[4];
static const EVP_CIPHER *cipher;

static void prepare_hashes(void)
{
    hashes[0] = EVP_sha1();
    hashes[1] = EVP_sha256();
    hashes[2] = EVP_sha512();
    hashes[3] = EVP_sha3_256();
    hashing = EVP_MD_CTX_new();
    assert_int_equal(EVP_Digest(message, 1, digest, NULL, EVP_sha256(), NULL), 1); /* what is loaded once is loaded */
}

static void work_hashes(void)
{
    for (unsigned i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        EVP_DigestInit_ex(hashing, hashes[i], NULL);
        EVP_DigestUpdate(hashing, message, sizeof message);
        EVP_DigestFinal_ex(hashing, digest, NULL);
        sink += digest[0];
    }
}

static void seal(void)
{
    int bytes = 0;
    EVP_EncryptInit_ex(sealing, cipher, NULL, secret, secret);
    EVP_EncryptUpdate(sealing, NULL, &bytes, secret, 13); /* additional data */
    EVP_EncryptUpdate(sealing, sealed, &bytes, message, sizeof message);
    EVP_EncryptFinal_ex(sealing, sealed + bytes, &bytes);
    EVP_CIPHER_CTX_ctrl(sealing, EVP_CTRL_AEAD_GET_TAG, 16, digest);
    sink += digest[0];
}

static void prepare_gcm(void)
{
    cipher = EVP_aes_256_gcm();
    sealing = EVP_CIPHER_CTX_new();
    seal();
}

static void prepare_chacha(void)
{
    cipher = EVP_chacha20_poly1305();
    sealing = EVP_CIPHER_CTX_new();
    seal();
}

static void prepare_p256(void)
{
    size_t bytes = sizeof sealed;
    key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    signing = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_sign_init(signing), 1);
    assert_int_equal(EVP_PKEY_sign(signing, sealed, &bytes, secret, 32), 1);
}

static void work_p256(void)
{
    size_t bytes = sizeof sealed;
    sink += EVP_PKEY_sign(signing, sealed, &bytes, secret, 32);
}

/* Exponentiation with RSA's building blocks: bn_mul_mont and its relatives. */
static void prepare_rsa(void)
{
    key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    signing = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_sign_init(signing), 1);
}

static void work_url(void)
{
    static const char *const texts[] = {"https://user:pass%20word@example.org:8443/a/b/../c?q=1&r=%c3%a9#end", "http://[fe80::1]/x y",
                                        "ftp://1.2.3/file", "not a url"};
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CURLU *url = curl_url();
        char *part = NULL;
        sink += (double)curl_url_set(url, CURLUPART_URL, texts[i], CURLU_URLENCODE);
        if (curl_url_get(url, CURLUPART_HOST, &part, 0) == CURLUE_OK)
            sink += part[0];
        curl_free(part);
        part = NULL;
        if (curl_url_get(url, CURLUPART_URL, &part, CURLU_URLDECODE) == CURLUE_OK)
            sink += part[0];
        curl_free(part);
        curl_url_cleanup(url);
    }
}

TEST(every_instruction_of_hashing)
{
    (void)state;
    all_right(&(struct workload){.work = work_hashes, .prepare = prepare_hashes}, 3000);
}

TEST(every_instruction_of_aes_gcm)
{
    (void)state;
    all_right(&(struct workload){.work = seal, .prepare = prepare_gcm}, 1000);
}

TEST(every_instruction_of_chacha20_poly1305)
{
    (void)state;
    all_right(&(struct workload){.work = seal, .prepare = prepare_chacha}, 1000);
}

TEST(every_instruction_of_p256)
{
    (void)state;
    all_right(&(struct workload){.work = work_p256, .prepare = prepare_p256, .limit = 120000}, 50000);
}

TEST(every_instruction_of_rsa)
{
    (void)state;
    all_right(&(struct workload){.work = work_p256, .prepare = prepare_rsa, .limit = 60000}, 50000);
}

TEST(every_instruction_of_url_parsing)
{
    (void)state;
    all_right(&(struct workload){.work = work_url}, 3000);
}

/* Without what came after: AVX-512 and the SHA instructions; AVX2 and BMI too; AVX, SSSE3, AES and carry-less multiplication too. */
TEST(every_instruction_for_older_processors)
{
    static const char *const taken_away[] = {"OPENSSL_ia32cap=:~0x20230000", "OPENSSL_ia32cap=:~0x202d0128",
                                             "OPENSSL_ia32cap=~0x1200020200000000:~0x202d0128"};
    static char program[] = "/proc/self/exe";
    (void)state;
    for (unsigned i = 0; i < sizeof taken_away / sizeof taken_away[0]; i++) {
        char *arguments[] = {program, NULL}, setting[80];
        snprintf(setting, sizeof setting, "%s", taken_away[i]);
        char *environment[] = {setting, NULL};
        posix_spawn_file_actions_t actions;
        pid_t pid;
        int status = -1;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO); /* its points are not ours */
        assert_int_equal(posix_spawn(&pid, program, &actions, NULL, arguments, environment), 0);
        posix_spawn_file_actions_destroy(&actions);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_of_hashing),
        cmocka_unit_test(every_instruction_of_aes_gcm),
        cmocka_unit_test(every_instruction_of_chacha20_poly1305),
        cmocka_unit_test(every_instruction_of_p256),
        cmocka_unit_test(every_instruction_of_rsa),
    };
    const struct CMUnitTest once[] = {
        cmocka_unit_test(every_instruction_of_url_parsing),
        cmocka_unit_test(every_instruction_for_older_processors),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return getenv("OPENSSL_ia32cap") ? failed : failed + cmocka_run_group_tests(once, NULL, NULL);
}

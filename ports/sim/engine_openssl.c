#include "ports/sim/engine_openssl.h"

#include <assert.h>
#include <openssl/evp.h>

#include "bulk/few_des.h"

/* EVP has no SM4 without a context; one for each thread saves its making, which takes longer than a
 * block. It is without a key between two calls. */
static void openssl_sm4(
    const struct key128 *key, bool decrypt, const uint8_t in[16], uint8_t out[16]) {
    static _Thread_local EVP_CIPHER_CTX *context;
    int len = 0;
    context = context ? context : EVP_CIPHER_CTX_new();
    bool done = EVP_CipherInit_ex(context, EVP_sm4_ecb(), NULL, key->bytes, NULL, !decrypt)
                && EVP_CIPHER_CTX_set_padding(context, 0)
                && EVP_CipherUpdate(context, out, &len, in, sizeof key->bytes)
                && EVP_CIPHER_CTX_reset(context);
    assert(done); /* only without memory */
    (void)done;
}

const struct engine engine_openssl = {.triple = few_triple, .chain = few_chain, .sm4 = openssl_sm4};

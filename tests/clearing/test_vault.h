/* A vault of four keys over the chip's own cryptography: what the clearing asks, no more. */
#pragma once

#include "check.h"

#include "crypto/derive.h"
#include "crypto/mac.h"
#include "keys/vault.h"

struct test_vault {
    unsigned long tacs_made, loads_answered;
    bool broken; /* everything fails */
    bool sm4;    /* it has keys of the medical account under SM4, of other values */
};

/* A key under SM4 is, for these tests, one of another version: a value of its own. */
enum { TEST_SM4_AFTER = 7 };

/* Keys of their own for each name, version and card; a test needs no province and no city. */
static inline struct key128 test_card_key(
    enum key_name name, uint8_t version, const uint8_t factor[8]) {
    struct key128 key;
    (void)memset(key.bytes, (int)(0x11 * version + (unsigned)name), sizeof key.bytes);
    key.bytes[0] = 0x5A;
    derive_key(&key, factor, &key);
    return key;
}

static inline void test_session_mac_of(
    const struct key_ref *ref, const uint8_t input[8], struct bytes data, uint8_t mac[4]) {
    struct key128 key = test_card_key(ref->name, ref->version, ref->card_factor);
    uint8_t session[8], whole[8];
    derive_session(&key, input, session);
    mac_single(session, NULL, data, whole);
    (void)memcpy(mac, whole, 4);
}

static inline void test_session_mac(const uint8_t factor[8], uint8_t version,
    const uint8_t input[8], struct bytes data, uint8_t mac[4]) {
    struct key_ref ref = {.name = KEY_DLK, .version = version, .depth = KEY_CARD};
    (void)memcpy(ref.card_factor, factor, sizeof ref.card_factor);
    test_session_mac_of(&ref, input, data, mac);
}

static inline void test_tac_of(enum key_name name, const uint8_t factor[8], uint8_t version,
    struct bytes data, uint8_t tac[4]) {
    struct key128 key = test_card_key(name, version, factor);
    uint8_t folded[8], whole[8];
    derive_tac_key(&key, folded);
    mac_single(folded, NULL, data, whole);
    (void)memcpy(tac, whole, 4);
}

static inline void test_tac(
    const uint8_t factor[8], uint8_t version, struct bytes data, uint8_t tac[4]) {
    test_tac_of(KEY_DTK, factor, version, data, tac);
}

static inline enum err test_vault_answer_load(void *self, const struct key_ref *key,
    const struct load_macs *load, uint8_t mac2[4], struct why *why) {
    struct test_vault *v = self;
    uint8_t mac1[4];
    assert_true(key->name == KEY_DLK || key->name == KEY_DLKDF04);
    assert_int_equal(key->depth, KEY_CARD);
    if (v->broken) {
        return why_say(why, ERR_OUTSIDE, "the vault is gone");
    }
    v->loads_answered++;
    if (key->algorithm == KEY_SM4) {
        return why_say(why, ERR_DENIED, "this vault has no SM4");
    }
    test_session_mac_of(key, load->input, load->asked, mac1);
    if (memcmp(mac1, load->mac1, sizeof mac1) != 0) {
        return why_say(why, ERR_CONFLICT, "another MAC1");
    }
    test_session_mac_of(key, load->input, load->answered, mac2);
    return OK;
}

static inline enum err test_vault_tacs(
    void *self, struct tac_job *jobs, size_t count, struct why *why) {
    struct test_vault *v = self;
    if (v->broken) {
        return why_say(why, ERR_OUTSIDE, "the vault is gone");
    }
    for (size_t i = 0; i < count; i++) {
        enum key_name name = tac_key_name((enum tac_account)jobs[i].account);
        if (jobs[i].account == TAC_OF_MEDICAL && jobs[i].algorithm == KEY_SM4 && !v->sm4) {
            return why_say(why, ERR_DENIED, "this vault has no SM4");
        }
        test_tac_of(name, jobs[i].card_factor,
            (uint8_t)(jobs[i].version + (jobs[i].algorithm == KEY_SM4 ? TEST_SM4_AFTER : 0)),
            bytes_of(jobs[i].data, jobs[i].data_len), jobs[i].tac);
        v->tacs_made++;
    }
    return OK;
}

static inline struct vault test_vault(struct test_vault *v) {
    return (struct vault){
        .self = v, .answer_load = test_vault_answer_load, .tacs = test_vault_tacs};
}

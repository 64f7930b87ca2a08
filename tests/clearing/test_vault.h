/* A vault of two keys over the chip's own cryptography: what the clearing asks, no more. */
#pragma once

#include "check.h"

#include "crypto/derive.h"
#include "crypto/mac.h"
#include "keys/vault.h"

struct test_vault {
    unsigned long tacs_made, loads_answered;
    bool broken; /* everything fails */
};

/* Keys of their own for each name, version and card; a test needs no province and no city. */
static inline struct key128 test_card_key(
    enum key_name name, uint8_t version, const uint8_t factor[8]) {
    struct key128 key;
    (void)memset(key.bytes, (int)(0x11 * version + (unsigned)name), sizeof key.bytes);
    key.bytes[0] = 0x5A;
    derive_key(&key, factor, &key);
    return key;
}

static inline void test_session_mac(const uint8_t factor[8], uint8_t version,
    const uint8_t input[8], struct bytes data, uint8_t mac[4]) {
    struct key128 key = test_card_key(KEY_DLK, version, factor);
    uint8_t session[8], whole[8];
    derive_session(&key, input, session);
    mac_single(session, NULL, data, whole);
    (void)memcpy(mac, whole, 4);
}

static inline void test_tac(
    const uint8_t factor[8], uint8_t version, struct bytes data, uint8_t tac[4]) {
    struct key128 key = test_card_key(KEY_DTK, version, factor);
    uint8_t folded[8], whole[8];
    derive_tac_key(&key, folded);
    mac_single(folded, NULL, data, whole);
    (void)memcpy(tac, whole, 4);
}

static inline enum err test_vault_answer_load(void *self, const struct key_ref *key,
    const struct load_macs *load, uint8_t mac2[4], struct why *why) {
    struct test_vault *v = self;
    uint8_t mac1[4];
    assert_int_equal(key->name, KEY_DLK);
    assert_int_equal(key->depth, KEY_CARD);
    if (v->broken) {
        return why_say(why, ERR_OUTSIDE, "the vault is gone");
    }
    v->loads_answered++;
    test_session_mac(key->card_factor, key->version, load->input, load->asked, mac1);
    if (memcmp(mac1, load->mac1, sizeof mac1) != 0) {
        return why_say(why, ERR_CONFLICT, "another MAC1");
    }
    test_session_mac(key->card_factor, key->version, load->input, load->answered, mac2);
    return OK;
}

static inline enum err test_vault_tacs(
    void *self, struct tac_job *jobs, size_t count, struct why *why) {
    struct test_vault *v = self;
    if (v->broken) {
        return why_say(why, ERR_OUTSIDE, "the vault is gone");
    }
    for (size_t i = 0; i < count; i++) {
        test_tac(jobs[i].card_factor, jobs[i].version, bytes_of(jobs[i].data, jobs[i].data_len),
            jobs[i].tac);
        v->tacs_made++;
    }
    return OK;
}

static inline struct vault test_vault(struct test_vault *v) {
    return (struct vault){
        .self = v, .answer_load = test_vault_answer_load, .tacs = test_vault_tacs};
}

#include "vaults/line/vault_server.h"

#include <assert.h>
#include <stdlib.h>

#include "crypto/secret.h"
#include "keys/vault_job.h"

struct vault_server {
    struct vault vault; /* resting when close is NULL */
    uint8_t *room;
    size_t room_len;
};

/* What the function wrote, on its way out. */
struct reply {
    uint8_t at[LINE_REPLY_MAX];
    size_t len;
};

struct vault_server *vault_server_new(const struct vault *vault, void *room, size_t room_len) {
    assert(room || room_len == 0);
    assert(vault->self);
    struct vault_server *server = calloc(1, sizeof *server);
    if (server) {
        assert(vault->close);
        *server = (struct vault_server){.vault = *vault, .room = room, .room_len = room_len};
    }
    return server;
}

/* Closes the vault and wipes what passed through; the second time there is nothing to do. */
static void rest(struct vault_server *server) {
    if (server->vault.close) {
        server->vault.close(server->vault.self);
        server->vault = (struct vault){0};
    }
}

void vault_server_free(struct vault_server *server) {
    if (server) {
        rest(server);
        free(server);
    }
}

/* --- arrays ------------------------------------------------------------------------------------- */

static enum err bad_room(struct why *why) {
    return why_say(why, ERR_INVALID, "an array that does not lie in the shared room was named");
}

/* The bytes of the room from place on, or NULL when they are not all in it. */
static uint8_t *in_room(const struct vault_server *server, uint64_t place, uint64_t len) {
    bool inside = len <= server->room_len && place <= server->room_len - len;
    return inside ? server->room + place : NULL;
}

/* The jobs stay in the room: the vault reads each once. [keys/vault.h] */
static enum err serve_tacs(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_TACS);
    reply->len = 0;
    const size_t most = server->room_len / sizeof(struct tac_job);
    bool fits = r->count <= most && r->place % _Alignof(struct tac_job) == 0;
    void *at = fits ? in_room(server, r->place, r->count * sizeof(struct tac_job)) : NULL;
    return at ? server->vault.tacs(server->vault.self, at, r->count, why) : bad_room(why);
}

/* Each question is copied out before it is looked at, and only its answer goes back. */
static enum err serve_jobs(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_JOBS);
    struct vault_job job;
    reply->len = 0;
    bool fits = r->count >= 1 && r->count <= VAULT_JOBS_MAX;
    uint8_t *at = fits ? in_room(server, r->place, r->count * sizeof job) : NULL;
    if (!at) {
        return bad_room(why);
    }
    for (uint64_t i = 0; i < r->count; i++) {
        uint8_t *there = at + i * sizeof job;
        (void)memcpy(&job, there, sizeof job);
        vault_job_do(&server->vault, &job);
        (void)memcpy(there, &job, sizeof job);
    }
    return OK;
}

struct room_sets room_sets_of(size_t keys, size_t cards) {
    struct room_sets at = {.cards = cards, .factors_at = sizeof(struct key_set)};
    at.out_at = at.factors_at + cards * 8;
    at.len = at.out_at + keys * cards * sizeof(struct wrapped_key);
    return at;
}

/* The set is copied before it is checked; factors and keys stay in the room. */
static enum err serve_key_sets(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_KEY_SETS);
    reply->len = 0;
    struct key_set set;
    const size_t most = server->room_len / 8;
    uint8_t *at = in_room(server, r->place, sizeof set);
    if (!at || r->count > most) {
        return bad_room(why);
    }
    (void)memcpy(&set, at, sizeof set);
    const struct room_sets lay = room_sets_of(set.count, r->count);
    if (!in_room(server, r->place, lay.len) || set.count > KEY_SET_MAX) {
        return bad_room(why);
    }
    struct wrapped_key *out = (struct wrapped_key *)(at + lay.out_at); /* stands at any address */
    return server->vault.key_sets(
        server->vault.self, &set, at + lay.factors_at, r->count, out, why);
}

/* --- single requests: a handler each, which says how long its answer is -------------------------- */

static enum err serve_authenticate(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_AUTHENTICATE);
    const struct vault *v = &server->vault;
    reply->len = 8;
    return v->authenticate(v->self, &r->key, r->first, r->second, reply->at, why);
}

static enum err serve_encrypt8(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_ENCRYPT8);
    const struct vault *v = &server->vault;
    reply->len = 8;
    return v->encrypt8(v->self, &r->key, r->first, reply->at, why);
}

static enum err serve_encrypt16(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_ENCRYPT16);
    const struct vault *v = &server->vault;
    reply->len = 16;
    if (r->data.len != reply->len) {
        return why_say(why, ERR_INVALID, "a block of SM4 has 16 bytes, and %zu came", r->data.len);
    }
    return v->encrypt16(v->self, &r->key, r->data.at, reply->at, why);
}

static enum err serve_session_mac(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_SESSION_MAC);
    const struct vault *v = &server->vault;
    reply->len = 4;
    return v->session_mac(v->self, &r->key, r->first, r->data, reply->at, why);
}

static enum err serve_answer_load(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_ANSWER_LOAD);
    const struct vault *v = &server->vault;
    struct load_macs load = {.asked = r->data, .answered = r->more};
    (void)memcpy(load.input, r->first, sizeof load.input);
    (void)memcpy(load.mac1, r->four, sizeof load.mac1);
    reply->len = 4;
    return v->answer_load(v->self, &r->key, &load, reply->at, why);
}

static enum err serve_message_mac(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_MESSAGE_MAC);
    const struct vault *v = &server->vault;
    reply->len = 4;
    return v->message_mac(v->self, &r->key, r->first, r->data, reply->at, why);
}

static enum err serve_folded_mac(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_FOLDED_MAC);
    const struct vault *v = &server->vault;
    reply->len = 4;
    return v->folded_mac(v->self, &r->key, r->data, reply->at, why);
}

static enum err serve_encrypt_message(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_ENCRYPT_MESSAGE);
    const struct vault *v = &server->vault;
    return v->encrypt_message(v->self, &r->key, r->data, reply->at, &reply->len, why);
}

static enum err serve_wrap(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_WRAP);
    return server->vault.wrap(server->vault.self, &r->wrap, reply->at, &reply->len, why);
}

static enum err serve_check_value(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_CHECK_VALUE);
    reply->len = 3;
    return server->vault.check_value(server->vault.self, &r->key, reply->at, why);
}

static enum err serve_first_pin(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    assert(r->function == LINE_FIRST_PIN);
    char pin[7] = {0};
    enum err err = server->vault.first_pin(server->vault.self, r->first, pin, why);
    reply->len = sizeof pin;
    (void)memcpy(reply->at, pin, sizeof pin);
    crypto_wipe(pin, sizeof pin);
    return err;
}

static enum err serve_rest(struct vault_server *server, const struct vault_request *r,
    struct reply *reply, struct why *why) {
    (void)r;
    (void)why;
    reply->len = 0;
    rest(server);
    return OK;
}

/* In the order of the sheet, which numbers the functions. */
static enum err (*const handlers[LINE_FUNCTIONS])(struct vault_server *server,
    const struct vault_request *r, struct reply *reply, struct why *why) = {
#define FUNCTION(name, text, parts, handler) [LINE_##name] = (handler),
#include "vaults/line/vault_functions.def"
};

/* A message that is none is answered, too: the other end may be our own with a mistake in it, and then
 * the sentence helps. */
static enum err decide(
    struct vault_server *server, struct bytes message, struct reply *reply, struct why *why) {
    struct vault_request request;
    if (!vault_request_read(message, &request)) {
        return why_say(why, ERR_INVALID,
            "%zu bytes came over the line that are no request of this "
            "program; end it and start it anew",
            message.len);
    }
    if (!server->vault.close && request.function != LINE_REST) {
        return why_say(why, ERR_CONFLICT, "%s was asked of a vault that rests; open it again",
            vault_function_text(request.function));
    }
    return handlers[request.function](server, &request, reply, why);
}

size_t vault_server_answer(
    struct vault_server *server, struct bytes message, uint8_t out[LINE_MESSAGE_MAX]) {
    struct reply reply = {.len = 0};
    struct why why = {0};
    enum err err = decide(server, message, &reply, &why);
    assert(reply.len <= sizeof reply.at);
    size_t len = vault_answer_write(err, bytes_of(reply.at, reply.len), &why, out);
    crypto_wipe(&reply, sizeof reply);
    return len;
}

/* The vault's end of one line: takes a message for hostile, decodes it, asks the vault, answers.
 *
 * Nothing here reads from anywhere or writes anywhere but to its arguments, so that a test can say
 * anything to it. What lies in the shared room may change while it is looked at. A key set is copied out
 * before it is checked. Jobs and factors, of which there are many, stay there: the vault reads what
 * decides about one once, and writes nothing but what is to come out. [keys/vault.h] */
#pragma once

#include "vaults/line/vault_message.h"

struct vault_server;

/* Serves vault, which it owns from now on and closes when asked to rest or when it is ended. room is
 * shared with the other end. NULL when there is no memory. */
struct vault_server *vault_server_new(const struct vault *vault, void *room, size_t room_len);

/* Ends it: the vault is closed, and nothing of what passed through is left. NULL does nothing. */
void vault_server_free(struct vault_server *server);

/* Answers one message, whatever it is, and returns the length of the answer in out. */
size_t vault_server_answer(
    struct vault_server *server, struct bytes message, uint8_t out[LINE_MESSAGE_MAX]);

/* An array of the room, as both ends lay it out: the jobs of tacs; or for key_sets the set, the
 * factors of the cards and the places for their keys, one behind the other. */
struct room_sets {
    size_t cards, factors_at, out_at, len; /* in bytes from the array's beginning */
};
/* The layout for so many cards of a set of so many keys. */
struct room_sets room_sets_of(size_t keys, size_t cards);

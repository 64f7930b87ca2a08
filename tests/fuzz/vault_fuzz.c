/* Any bytes as a message to a vault's process: whatever they are, the answer is a message that the other
 * end takes, and what is read as a request is written again as the same bytes. What follows the message
 * in the input lies in the shared room. The first two bytes say how long the message is. */
#include <assert.h>
#include <stdlib.h>

#include "vaults/line/vault_server.h"
#include "vaults/soft/soft_vault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM_LEN = 4096 };
static uint8_t room[ROOM_LEN];

static struct vault_server *server;

/* The server's vault lies in pages that the leak checker does not know. */
static void end_server(void) {
    vault_server_free(server);
    server = NULL;
}

static void open_server(void) {
    struct vault vault;
    struct why why;
    enum err err = soft_vault_open_rehearsal("fuzz", 440100, &vault, &why);
    server = err ? NULL : vault_server_new(&vault, room, sizeof room);
    assert(server);
}

static void read_and_write(struct bytes message) {
    struct vault_request request;
    uint8_t again[LINE_MESSAGE_MAX];
    if (vault_request_read(message, &request)) {
        size_t len = vault_request_write(&request, again);
        assert(len == message.len);
        assert(memcmp(again, message.at, len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool first = true;
    uint8_t answer[LINE_MESSAGE_MAX];
    struct bytes reply;
    struct why why;
    enum err err = OK;
    struct cursor c = cursor_over(bytes_of(data, size));
    size_t len = cursor_u16(&c);
    struct bytes message = cursor_take(&c, len < c.rest.len ? len : c.rest.len);
    if (first) {
        first = false;
        (void)atexit(end_server);
    }
    if (!server) {
        open_server();
    }
    (void)memset(room, 0, sizeof room);
    if (c.rest.at) {
        (void)memcpy(room, c.rest.at, c.rest.len < sizeof room ? c.rest.len : sizeof room);
    }
    read_and_write(message);
    len = vault_server_answer(server, message, answer);
    bool good = vault_answer_read(bytes_of(answer, len), &err, &reply, &why);
    assert(good);
    if (message.len == 5
        && message.at[4] == LINE_REST) { /* it rests: the next one gets a new one */
        end_server();
    }
    return 0;
}

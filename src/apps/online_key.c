#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/command.h"
#include "apps/day_desk.h"
#include "apps/result_tell.h"
#include "base/hex.h"
#include "clearing/online_message.h"
#include "crypto/secret.h"
#include "host/ending.h"
#include "host/options.h"

struct key_options {
    const char *terminal, *out, *data, *officer, *approver;
    struct vault_words words;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"TERMINAL", OPTION_TEXT, offsetof(struct key_options, terminal), NULL, NULL,
        "twelve digits: city code and serial", false},
    {"--out", OPTION_PATH, offsetof(struct key_options, out), "FILE", NULL,
        "where the key goes: 32 hexadecimal digits, for its owner alone", false},
    {"--officer", OPTION_TEXT, offsetof(struct key_options, officer), "CODE", NULL,
        "who asks for it, an officer of the clearing", false},
    {"--second", OPTION_TEXT, offsetof(struct key_options, approver), "CODE", NULL,
        "who agrees, another one", false},
    OPTIONS_VAULT(struct key_options, words),
    OPTION_DATA(struct key_options, data),
    OPTION_JSON(struct key_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "online key",
    .help = "Writes the line key of a terminal that is registered, for its making. The same "
            "terminal gets the\n"
            "same key again; the centre keeps none. Two officers.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* Twelve digits that the clearing knows as a terminal. */
static enum err terminal_read(const struct clearing_store *store, const char *text,
    uint8_t number[TERMINAL_LEN], struct why *why) {
    struct terminal_row row;
    uint64_t value = 0;
    if (strlen(text) != (size_t)2 * TERMINAL_LEN || !digits_read(bytes_text(text), &value)) {
        return why_say(why, ERR_CONFLICT, "a terminal's number has 12 digits; %s has not", text);
    }
    bcd_write(value, number, TERMINAL_LEN);
    enum err err = store->terminal_find(store->self, number, &row, why);
    return err ? why_add(why, err, "terminal %s", text) : OK;
}

static enum err officers_check(
    const struct clearing_store *store, const struct key_options *given, struct why *why) {
    if (strcmp(given->officer, given->approver) == 0) {
        return why_say(why, ERR_DENIED, "%s cannot agree to what %s asks for; name another officer",
            given->approver, given->officer);
    }
    enum err err = store->officer_check(store->self, given->officer, DUTY_CLEAR, why);
    return err ? err : store->officer_check(store->self, given->approver, DUTY_APPROVE, why);
}

/* The file is its owner's before there is anything in it. */
static enum err key_write(const char *path, const uint8_t key[ONLINE_KEY_LEN], struct why *why) {
    NEW_FILE_SCOPE(file);
    char digits[2 * ONLINE_KEY_LEN + 1];
    enum err err = new_file_begin(&file, path, why);
    if (err) {
        return err;
    }
    if (fchmod(fileno(file.stream), S_IRUSR | S_IWUSR) != 0) {
        return files_trouble(why, "protect", path);
    }
    hex_write(bytes_of(key, ONLINE_KEY_LEN), digits);
    (void)fprintf(file.stream, "%s\n", digits);
    crypto_wipe(digits, sizeof digits);
    return new_file_keep(&file, why);
}

/* The row of the audit chain is kept before the key is anywhere. */
static enum err key_issue(struct day_desk *desk, const struct key_options *given, struct why *why) {
    uint8_t terminal[TERMINAL_LEN], key[ONLINE_KEY_LEN] = {0};
    const struct clearing_store *store = &desk->store;
    CLEARING_SCOPE(scope);
    enum err err = terminal_read(store, given->terminal, terminal, why);
    err = err ? err : officers_check(store, given, why);
    err = err ? err : online_line_key(&desk->vault, terminal, key, why);
    err = err ? err : clearing_begin(&scope, store, why);
    err = err ? err : store->audit(store->self, given->officer, "online-key", given->terminal, why);
    err = err ? err
              : store->audit(
                  store->self, given->approver, "online-key-agree", given->terminal, why);
    err = err ? err : clearing_commit(&scope, why);
    err = err ? err : key_write(given->out, key, why);
    crypto_wipe(key, sizeof key);
    return err;
}

int online_key_command(int argc, char **argv) {
    DAY_DESK_SCOPE(desk);
    struct key_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = day_desk_open_vault(&desk, given.data, &given.words, &why);
    err = err ? err : key_issue(&desk, &given, &why);
    if (!err) {
        result_tell(given.json,
            json_pack("{s:s, s:s}", "terminal", given.terminal, "file", given.out),
            "终端 %s 的线路密钥已写入 %s The line key of terminal %s is in %s", given.terminal,
            given.out, given.terminal, given.out);
    }
    return (int)ending_tell(err, &why);
}

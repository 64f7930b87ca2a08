#include "apps/module_place.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/day.h"
#include "host/centre.h"
#include "keys/permit.h"
#include "vaults/pkcs11/pkcs11_module.h"
#include "vaults/soft/secret_room.h"

static const char place_format[] = "shebao module 1";
static const char place_name[] = "module.json";
static const char pin_name[] = "PIN";
enum { PLACE_BYTES_MAX = 32 * 1024, ALIAS_TEXT_MAX = 24 };

static void place_path(char path[PATH_ROOM], const char *dir) {
    char folder[PATH_ROOM];
    bool fits = files_join(path, centre_path(folder, dir, CENTRE_VAULT), place_name);
    assert(fits);
    (void)fits;
}

bool module_place_exists(const char *dir) {
    char path[PATH_ROOM];
    place_path(path, dir);
    return files_exist(path);
}

/* --- reading ------------------------------------------------------------------------------------ */

/* "DPK 2": a name of the catalogue, or PIN, and a version. */
static bool read_alias_name(const char *text, struct module_alias *alias) {
    char name[ALIAS_TEXT_MAX + 1] = "";
    const char *blank = strchr(text, ' ');
    uint64_t version = 0;
    if (!blank || (size_t)(blank - text) > ALIAS_TEXT_MAX
        || !digits_read(bytes_text(blank + 1), &version) || version > KEY_VERSION_MAX) {
        return false;
    }
    (void)memcpy(name, text, (size_t)(blank - text));
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        if (strcmp(key_kind((enum key_name)n)->name, name) == 0) {
            *alias = (struct module_alias){(enum key_name)n, (uint8_t)version, NULL};
            return n != KEY_TRANSPORT;
        }
    }
    *alias = (struct module_alias){(enum key_name)KEY_COUNT, 0, NULL};
    return strcmp(name, pin_name) == 0 && version == 0;
}

static enum err take_exceptions(json_t *exceptions, struct module_place *place, struct why *why) {
    const char *name = NULL;
    json_t *label = NULL;
    if (exceptions && !json_is_object(exceptions)) {
        return why_say(why, ERR_INVALID, "exceptions are names of keys with their labels");
    }
    json_object_foreach(exceptions, name, label) {
        const char *text = json_string_value(label);
        struct module_alias alias;
        if (place->alias_count == MODULE_ALIASES_MAX) {
            return why_say(why, ERR_INVALID, "there are more than %d exceptions; use a pattern",
                (int)MODULE_ALIASES_MAX);
        }
        if (!read_alias_name(name, &alias)) {
            return why_say(why, ERR_INVALID,
                "the exception \"%.40s\" is no key of the catalogue with a version, as \"DPK 2\" "
                "is",
                name);
        }
        if (!text || !*text || strlen(text) >= MODULE_ADDRESS_MAX) {
            return why_say(why, ERR_INVALID, "the label of %.40s has 1 to %d bytes", name,
                (int)MODULE_ADDRESS_MAX - 1);
        }
        (void)snprintf(place->labels[place->alias_count], MODULE_ADDRESS_MAX, "%s", text);
        place->aliases[place->alias_count++] = alias;
    }
    return OK;
}

static enum err take_values(json_t *object, struct module_place *place, struct why *why) {
    const char *format = NULL, *library = NULL, *token = NULL, *addresses = NULL;
    json_t *exceptions = NULL;
    json_error_t trouble;
    if (json_unpack_ex(object, &trouble, 0, "{s:s, s:s, s:s, s:s, s?o !}", "format", &format,
            "library", &library, "token", &token, "addresses", &addresses, "exceptions",
            &exceptions)
        != 0) {
        return why_say(why, ERR_INVALID, "%s", trouble.text);
    }
    if (strcmp(format, place_format) != 0) {
        return why_say(why, ERR_INVALID, "its format is \"%.40s\" where \"%s\" is known", format,
            place_format);
    }
    if (strlen(library) >= sizeof place->library || strlen(token) >= sizeof place->token
        || strlen(addresses) >= sizeof place->pattern) {
        return why_say(why, ERR_INVALID,
            "a path, a token's label (%d bytes) or a pattern (%d bytes) is too long",
            (int)MODULE_TOKEN_MAX, (int)MODULE_ADDRESS_MAX - 1);
    }
    (void)memcpy(place->library, library, strlen(library));
    (void)memcpy(place->token, token, strlen(token));
    (void)memcpy(place->pattern, addresses, strlen(addresses));
    return take_exceptions(exceptions, place, why);
}

enum err module_place_read(const char *dir, struct module_place *place, struct why *why) {
    FILE_CONTENT_SCOPE(content);
    char path[PATH_ROOM];
    json_error_t trouble;
    place_path(path, dir);
    *place = (struct module_place){.alias_count = 0};
    enum err err = files_read(path, PLACE_BYTES_MAX, &content, why);
    if (err == ERR_NOT_FOUND) {
        return why_say(why, ERR_CONFLICT,
            "nobody has said which security module has the keys of %s; name it with "
            "shebao key module --use, or put %s back from a copy",
            dir, path);
    }
    if (err) {
        return err;
    }
    json_t *object = json_loadb(
        (const char *)content.at, content.len, JSON_REJECT_DUPLICATES, &trouble);
    err = object ? take_values(object, place, why)
                 : why_say(why, ERR_INVALID, "line %d: %s", trouble.line, trouble.text);
    json_decref(object);
    assert(place->alias_count <= MODULE_ALIASES_MAX);
    return err ? why_add(why, err, "%s", path) : OK;
}

/* --- writing ------------------------------------------------------------------------------------ */

static json_t *json_of(const struct module_place *place) {
    json_t *exceptions = json_object();
    for (size_t i = 0; i < place->alias_count; i++) {
        const struct module_alias *alias = &place->aliases[i];
        char name[ALIAS_TEXT_MAX + 1];
        (void)snprintf(name, sizeof name, "%s %u",
            alias->name == (enum key_name)KEY_COUNT ? pin_name : key_kind(alias->name)->name,
            (unsigned)alias->version);
        (void)json_object_set_new(exceptions, name, json_string(place->labels[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "format", place_format, "library", place->library,
        "token", place->token, "addresses", place->pattern, "exceptions", exceptions);
}

enum err module_place_write(const char *dir, const struct module_place *place, struct why *why) {
    char path[PATH_ROOM];
    json_t *object = json_of(place);
    char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;
    place_path(path, dir);
    json_decref(object);
    if (!text) {
        return why_say(why, ERR_CONFLICT,
            "a path or label is no UTF-8 and cannot stand in %s; rename it", place_name);
    }
    enum err err = files_write(path, bytes_text(text), why);
    free(text);
    return err;
}

/* --- opening ------------------------------------------------------------------------------------ */

/* What the child is told: where, and whose PIN. */
struct start_order {
    const struct module_place *place;
    const char *pin;
    uint32_t region;
};

/* Every line signs in for itself: a session serves one thread. */
static enum err open_line(const struct start_order *order, const struct secret_line *pin,
    struct vault *out, struct why *why) {
    struct module_alias aliases[MODULE_ALIASES_MAX];
    const struct module_place *place = order->place;
    const struct module_addresses addresses = {place->pattern, aliases, place->alias_count};
    const struct pkcs11_order module = {
        .library = place->library, .token = place->token, .pin = bytes_of(pin->text, pin->len)};
    struct crypto_module opened;
    for (size_t i = 0; i < place->alias_count; i++) {
        aliases[i] = place->aliases[i];
        aliases[i].address = place->labels[i];
    }
    enum err err = pkcs11_module_open(&module, &opened, why);
    return err ? err : module_vault_open(&opened, &addresses, order->region, out, why);
}

/* In the child, before it is caged: the PIN is read there and nowhere else. */
static enum err open_module(void *self, struct vault *vaults, size_t count, struct why *why) {
    const struct start_order *order = self;
    struct secret_line *pin = secret_room_new(sizeof *pin);
    size_t opened = 0;
    if (!pin) {
        return why_say(why, ERR_OUTSIDE, "no memory for a PIN; end other programs and try again");
    }
    enum err err = secret_line_read(pin, "PIN of the security module: ", order->pin, why);
    while (!err && opened < count) {
        err = open_line(order, pin, &vaults[opened], why);
        opened += err == OK;
    }
    secret_room_free(pin, sizeof *pin);
    while (err && opened > 0) {
        opened--;
        vaults[opened].close(vaults[opened].self);
    }
    return err;
}

enum err module_place_start(const struct module_place *place, uint32_t region, const char *pin,
    const struct lines_wanted *wanted, struct why *why) {
    struct start_order order = {place, pin, region};
    const struct vault_keeper keeper = {&order, open_module, CAGE_MODULE};
    assert(wanted->count >= 1);
    return vault_process_open(&keeper, wanted->watch, wanted->lines, wanted->count, why);
}

enum err module_place_open(
    const char *dir, const char *pin, const struct lines_wanted *wanted, struct why *why) {
    struct centre_file file;
    struct module_place *place = calloc(1, sizeof *place);
    if (!place) {
        return why_say(why, ERR_OUTSIDE, "no memory for %s; try again", place_name);
    }
    enum err err = centre_read(dir, &file, why);
    err = err ? err : module_place_read(dir, place, why);
    uint32_t region = err ? 0 : (uint32_t)strtoul(file.region, NULL, 10);
    err = err ? err : module_place_start(place, region, pin, wanted, why);
    free(place);
    return err;
}

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ceremony/ceremony_work.h"
#include "crypto/secret.h"
#include "vaults/soft/secret_room.h"

/* Parts of roots: handed out, sealed for one custodian each, and brought back. */

enum { NAME_ROOM = 128, SHARE_READ_MAX = 4096 };

/* "DPK-3DES-v2.zhang.share" in the folder. */
static enum err share_path(const char *folder, const struct plan_key *key, const char *holder,
    char path[PATH_ROOM], struct why *why) {
    char name[NAME_ROOM];
    (void)snprintf(name, sizeof name, "%s-%s-v%u.%s.share",
        key_kind((enum key_name)key->name)->name, key->algorithm == KEY_SM4 ? "SM4" : "3DES",
        key->version, holder);
    return files_join(path, folder, name)
               ? OK
               : why_say(why, ERR_INVALID, "the path of %s is too long; use a shorter one", name);
}

static enum err share_folder(struct ceremony_work *work, const struct plan_step *step,
    char folder[PATH_ROOM], struct why *why) {
    bool here = step->path[0] == '\0' || strcmp(step->path, "here") == 0;
    if (here && !ceremony_shares(work, folder)) {
        return why_say(
            why, ERR_INVALID, "the path of the shares is too long; use a shorter --data");
    }
    if (!here) {
        (void)snprintf(folder, PATH_ROOM, "%s", step->path);
    }
    return OK;
}

/* Seals one share for its holder, writes its file and tells its seal. */
static enum err hand_out(struct ceremony_work *work, const struct plan_step *step,
    const struct share_set *set, const struct share *share, struct why *why) {
    assert(share->place >= 1);
    assert(share->place <= set->n);
    const struct ceremony_house *house = work->house;
    uint8_t said[PASSPHRASE_MAX + 1];
    uint8_t content[SHARE_FILE_LEN];
    char folder[PATH_ROOM];
    char path[PATH_ROOM];
    char seal[SEAL_LEN + 1];
    size_t len = 0;
    enum err err = share_folder(work, step, folder, why);
    err = err ? err : share_path(folder, &step->key, share->holder, path, why);
    err = err ? err : house->said(house->self, share->holder, said, &len, why);
    const struct share_lock lock = {.said = bytes_of(said, len), .cost = house->cost};
    err = err ? err : share_seal(set, share, &lock, &work->chance, content, why);
    crypto_wipe(said, sizeof said);
    err = err ? err : files_write(path, bytes_of(content, sizeof content), why);
    ceremony_reached(work, "share");
    if (err) {
        return why_add(why, err, "share of %s", share->holder);
    }
    ceremony_seal(bytes_of(content, sizeof content), seal);
    return ceremony_fact(work, " seal %s %s", share->holder, seal) ? OK : ceremony_facts_full(why);
}

static enum err split_to(struct ceremony_work *work, const struct plan_step *step,
    enum share_way way, uint8_t k, struct why *why) {
    assert(step->holder_count <= SHAMIR_PARTS_MAX);
    assert(k <= step->holder_count);
    struct share shares[SHAMIR_PARTS_MAX] = {0};
    struct share_set set = {.name = step->key.name,
        .algorithm = step->key.algorithm,
        .version = step->key.version,
        .way = (uint8_t)way,
        .k = k,
        .n = step->holder_count};
    const struct key128 *root = NULL;
    char folder[PATH_ROOM];
    (void)snprintf(set.order, sizeof set.order, "%s", work->plan->order);
    enum err err = ceremony_root_of(work, &step->key, &root, why);
    err = err ? err : share_folder(work, step, folder, why);
    err = err ? err : files_make_folder(folder, why);
    err = err ? err : ceremony_tell_check(work, "check", &step->key, why);
    err = err ? err : share_split(&set, root, &work->chance, shares, why);
    for (uint8_t i = 0; !err && i < set.n; i++) {
        (void)memcpy(shares[i].holder, step->holders[i], sizeof shares[i].holder);
        err = hand_out(work, step, &set, &shares[i], why);
    }
    crypto_wipe(shares, sizeof shares);
    return err;
}

enum err hold_split(struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_SPLIT);
    return split_to(work, step, SHARES_SHAMIR, (uint8_t)step->k, why);
}

enum err hold_components(
    struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_COMPONENTS);
    return split_to(work, step, SHARES_COMPONENTS, step->holder_count, why);
}

/* What was brought, before anybody says a passphrase. */
struct brought {
    struct share_set sets[SHAMIR_PARTS_MAX];
    struct share shares[SHAMIR_PARTS_MAX];
    uint8_t content[SHAMIR_PARTS_MAX][SHARE_FILE_LEN];
    char paths[SHAMIR_PARTS_MAX][PATH_ROOM];
    size_t count;
};

static void brought_end(struct brought **b) {
    secret_room_free(*b, sizeof **b);
}

static enum err bring_one(struct ceremony_work *work, const struct plan_step *step, size_t i,
    struct brought *b, struct why *why) {
    assert(i < step->holder_count);
    FILE_CONTENT_SCOPE(content);
    char folder[PATH_ROOM];
    enum err err = share_folder(work, step, folder, why);
    err = err ? err : share_path(folder, &step->key, step->holders[i], b->paths[i], why);
    err = err ? err : files_read(b->paths[i], SHARE_READ_MAX, &content, why);
    err = err ? err
              : share_look(
                  bytes_of(content.at, content.len), b->paths[i], &b->sets[i], &b->shares[i], why);
    if (!err && strcmp(b->shares[i].holder, step->holders[i]) != 0) {
        err = why_say(why, ERR_INVALID, "the share in %s is that of %s; bring the one of %s",
            b->paths[i], b->shares[i].holder, step->holders[i]);
    }
    if (!err) {
        (void)memcpy(b->content[i], content.at, SHARE_FILE_LEN);
    }
    return err ? why_add(why, err, "share of %s", step->holders[i]) : OK;
}

static bool same_set(const struct share_set *a, const struct share_set *b) {
    uint8_t first[SM3_LEN];
    uint8_t second[SM3_LEN];
    share_set_name(a, first);
    share_set_name(b, second);
    return memcmp(first, second, SM3_LEN) == 0;
}

/* The set that most of them belong to: whoever does not is named. */
static size_t most_common(const struct brought *b) {
    size_t best = 0;
    size_t best_count = 0;
    for (size_t i = 0; i < b->count; i++) {
        size_t count = 0;
        for (size_t j = 0; j < b->count; j++) {
            count += same_set(&b->sets[i], &b->sets[j]);
        }
        best = count > best_count ? i : best;
        best_count = count > best_count ? count : best_count;
    }
    return best;
}

static enum err check_sets(const struct plan_step *step, const struct brought *b, struct why *why) {
    assert(step->holder_count > 0);
    char text[KEY_TEXT_ROOM];
    size_t best = most_common(b);
    const struct share_set *set = &b->sets[best];
    for (size_t i = 0; i < b->count; i++) {
        if (!same_set(set, &b->sets[i])) {
            return why_say(why, ERR_CONFLICT,
                "the share of %s (ceremony %s) is of another splitting than those of the others "
                "(ceremony %s); bring the one that belongs to them",
                b->shares[i].holder, b->sets[i].order, set->order);
        }
    }
    if (set->name != step->key.name || set->algorithm != step->key.algorithm
        || set->version != step->key.version) {
        return why_say(why, ERR_CONFLICT,
            "the shares are not those of %s; bring the right ones, or correct the plan",
            plan_key_text(&step->key, text));
    }
    return OK;
}

/* Opens every share and puts the root together. */
static enum err join(struct ceremony_work *work, const struct plan_step *step, struct brought *b,
    struct key128 *root, struct why *why) {
    const struct ceremony_house *house = work->house;
    enum err err = OK;
    b->count = step->holder_count;
    for (size_t i = 0; !err && i < b->count; i++) {
        err = bring_one(work, step, i, b, why);
    }
    err = err ? err : check_sets(step, b, why);
    for (size_t i = 0; !err && i < b->count; i++) {
        uint8_t said[PASSPHRASE_MAX + 1];
        size_t len = 0;
        err = house->said(house->self, step->holders[i], said, &len, why);
        err = err ? err
                  : share_open(bytes_of(b->content[i], SHARE_FILE_LEN), b->paths[i],
                      bytes_of(said, len), &b->sets[i], &b->shares[i], why);
        crypto_wipe(said, sizeof said);
    }
    return err ? err : share_join(&b->sets[0], b->shares, b->count, root, why);
}

static enum err joined(struct ceremony_work *work, const struct plan_step *step,
    struct key128 *root, struct why *why) {
    __attribute__((cleanup(brought_end))) struct brought *b = secret_room_new(sizeof *b);
    return b ? join(work, step, b, root, why)
             : why_say(why, ERR_OUTSIDE, "no memory for the shares; end other programs");
}

enum err hold_import(struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_IMPORT);
    SECRET_SCOPE struct key128 root = {0};
    enum err err = joined(work, step, &root, why);
    return err ? err : ceremony_put_root(work, &step->key, &root, why);
}

/* A root that the vault has must be the same; one that it lacks comes back. */
enum err hold_recover(struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_RECOVER);
    SECRET_SCOPE struct key128 root = {0};
    char text[KEY_TEXT_ROOM];
    enum err err = joined(work, step, &root, why);
    const struct ring_key *entry = ceremony_held(work, &step->key);
    if (err || !entry) {
        return err ? err : ceremony_put_root(work, &step->key, &root, why);
    }
    if (!crypto_equal(&entry->root, &root, sizeof root)) {
        return why_say(why, ERR_CONFLICT,
            "the shares make another root than the vault's %s; nothing was changed",
            plan_key_text(&step->key, text));
    }
    return ceremony_tell_check(work, "same", &step->key, why);
}

enum err hold_share_card(
    struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_SHARE_CARD);
    struct brought *b = secret_room_new(sizeof *b);
    if (!b) {
        return why_say(why, ERR_OUTSIDE, "no memory for a share; end other programs");
    }
    enum err err = bring_one(work, step, 0, b, why);
    err = err ? err : ceremony_carrier(work, step, bytes_of(b->content[0], SHARE_FILE_LEN), why);
    brought_end(&b);
    return err;
}

/* Sealed files may go unseen; one that cannot be taken away is told. */
enum err undo_shares(struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_SPLIT || step->kind == STEP_COMPONENTS);
    char folder[PATH_ROOM];
    char path[PATH_ROOM];
    enum err err = share_folder(work, step, folder, why);
    for (uint8_t i = 0; !err && i < step->holder_count; i++) {
        err = share_path(folder, &step->key, step->holders[i], path, why);
        err = err ? err : files_remove(path, why);
    }
    return err;
}

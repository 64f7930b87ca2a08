/* The step in which the terminals bring their records to the centre. */
#include <assert.h>
#include <stdio.h>

#include "registry/registry.h"
#include "rehearsal/books.h"
#include "rehearsal/forge.h"
#include "rehearsal/tills.h"
#include "terminal/terminal.h"

enum { UPLOAD_TIME = 235900 };

/* True when the terminal has sold anything, uploaded or not: then it has records to forge from. */
static bool has_sold(struct terminal *till) {
    const struct journal *journal = terminal_journal(till);
    for (size_t i = 0; i < journal_count(journal); i++) {
        const struct journal_record *r = journal_at(journal, i);
        if (r->trade == TRADE_EP_PURCHASE && r->state == TICKET_DONE) {
            return true;
        }
    }
    return false;
}

/* How many records each terminal forges, and repeats. It follows from the journals alone, so that an
 * upload that was cut short goes on with the same shares. ERR_CONFLICT when nobody has sold. */
static enum err share_out(
    struct tills *tills, uint32_t forge, uint32_t shares[PILOT_TILLS_MAX], struct why *why) {
    uint32_t sellers = 0;
    for (size_t i = 0; i < PILOT_TILLS_MAX; i++) {
        shares[i] = has_sold(till_at(tills, (uint16_t)i)) ? 1 : 0;
        sellers += shares[i];
    }
    if (sellers == 0 && forge > 0) {
        return why_say(why, ERR_CONFLICT,
            "no record could be forged, for nothing was sold; use a larger file of people");
    }
    for (size_t i = 0; i < PILOT_TILLS_MAX; i++) {
        uint32_t share = shares[i] ? (forge + sellers - 1) / sellers : 0;
        sellers -= shares[i];
        assert(share <= forge);
        forge -= share;
        shares[i] = share;
    }
    return OK;
}

/* One terminal's file to the centre, forged where that was asked for. */
static enum err till_upload(
    struct pilot *p, struct terminal *till, uint32_t forge, struct why *why) {
    char folder[FIGURES_PATH_ROOM];
    char sent[FIGURES_PATH_ROOM];
    struct upload_made made;
    enum err err = pilot_path(p, "uploads", "", folder, why);
    err = err ? err : terminal_upload(till, folder, p->order->date, &made, why);
    if (err || made.batch == 0) {
        return err;
    }
    const char *path = made.path;
    if (forge > 0) {
        int len = snprintf(sent, sizeof sent, "%s.forged", made.path);
        if (len < 0 || (size_t)len >= sizeof sent) {
            return why_say(why, ERR_INVALID, "the path of the centre is too long");
        }
        err = forge_upload(made.path, forge, sent, why);
        path = sent;
    }
    err = err ? err : books_take_in(p, path, why);
    return err ? err : terminal_upload_confirm(till, made.batch, why);
}

/* A terminal that has brought its records takes the newest list with it; the centre writes down which. */
static enum err till_takes_list(struct pilot *p, uint16_t i, struct why *why) {
    const struct registry_store *registry = p->parts->registry;
    struct terminal_list list = {.day = p->order->date, .time = UPLOAD_TIME};
    uint32_t count = 0;
    till_name(p->order->region, i, list.terminal);
    enum err err = registry->blacklist_head(
        registry->self, list.day, list.time, &list.version, &count, why);
    return err ? err : registry->terminal_list_put(registry->self, &list, PILOT_CLEARER, why);
}

/* How many terminals have the version that is the newest at that moment. Which number it has is no figure: a server
 * leaves numbers out when it is killed. */
static enum err count_lists(struct pilot *p, struct why *why) {
    const struct registry_store *registry = p->parts->registry;
    uint64_t *issued = p->figures->issued;
    struct terminal_list list = {.terminal = ""};
    uint32_t version = 0, count = 0;
    enum err err = registry->blacklist_head(
        registry->self, p->order->date, UPLOAD_TIME, &version, &count, why);
    issued[ISSUED_LISTS_CARDS] = count;
    issued[ISSUED_LISTS_CURRENT] = 0;
    while (!err) {
        err = registry->terminal_list_after(registry->self, list.terminal, &list, why);
        issued[ISSUED_LISTS_CURRENT] += !err && list.version == version;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* A terminal whose batch was confirmed before this run has nothing to upload; the figures are
 * counted from the rows. */
enum err step_upload(struct pilot *p, struct why *why) {
    struct tills *tills = NULL;
    struct progress progress = progress_begin(
        "upload", "terminals", PILOT_TILLS_MAX, p->order->quiet);
    enum err err = tills_open(p, NULL, &tills, why);
    uint32_t shares[PILOT_TILLS_MAX];
    err = err ? err : share_out(tills, p->order->forge, shares, why);
    for (size_t i = 0; !err && i < PILOT_TILLS_MAX; i++) {
        err = till_upload(p, till_at(tills, (uint16_t)i), shares[i], why);
        err = err ? err : till_takes_list(p, (uint16_t)i, why);
        progress_at(&progress, i + 1);
    }
    tills_close(tills);
    err = err ? err : books_count_uploads(p, why);
    err = err ? err : count_lists(p, why);
    if (err) {
        progress_abandon(&progress);
        return err;
    }
    (void)progress_end(&progress);
    return OK;
}

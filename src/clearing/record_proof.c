#include "clearing/record_proof.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"
#include "base/money.h"
#include "base/working_day.h"
#include "clearing/tac_question.h"

/* --- TACs ---------------------------------------------------------------------------------- */

/* Keys that were never in use are not in the vault. */
static bool version_in_use(const struct record_judge *j, const struct upload_record *r) {
    return trade_is_medical(r->trade)
           || (r->key_version >= j->limits->key_version_first
               && r->key_version <= j->limits->key_version_last);
}

/* Room for the questions of a list of records. */
struct question_room {
    struct tac_question *questions;
    struct tac_job *jobs;
};

/* Whether there is something to ask: a medical record of a card that nobody knows has no key. */
static enum err question_of(const struct record_judge *j, struct proven_record *p,
    struct tac_question *question, struct why *why) {
    const struct upload_record *r = &p->record;
    *question = (struct tac_question){.record = r};
    p->tac_asked = purchase_formed(r) && version_in_use(j, r);
    enum err err = p->tac_asked ? tac_version(j->c, r, &question->version, why) : OK;
    p->tac_asked = p->tac_asked && err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Questions first and answers after them, in the same order. */
static enum err ask_all(const struct record_judge *j, struct proven_record *records, size_t count,
    const struct question_room *room, struct why *why) {
    size_t asked = 0;
    enum err err = OK;
    for (size_t i = 0; !err && i < count; i++) {
        err = question_of(j, &records[i], &room->questions[asked], why);
        asked += records[i].tac_asked ? 1 : 0;
    }
    err = err ? err : tac_questions(j->c, room->questions, asked, room->jobs, why);
    for (size_t i = 0, at = 0; !err && i < count; i++) {
        if (records[i].tac_asked) {
            records[i].tac_good = room->questions[at++].good;
        }
    }
    return err;
}

enum err record_tacs(
    const struct record_judge *j, struct proven_record *records, size_t count, struct why *why) {
    struct question_room room = {
        calloc(count + 1, sizeof *room.questions), calloc(count + 1, sizeof *room.jobs)};
    enum err err = room.questions && room.jobs ? ask_all(j, records, count, &room, why)
                                               : why_say(why, ERR_OUTSIDE,
                                                   "no memory is left; end other programs, then "
                                                   "try again");
    free(room.questions);
    free(room.jobs);
    return err;
}

/* --- the row ------------------------------------------------------------------------------- */

/* Everything that the row keeps of what the terminal sent. */
static bool same_record(const struct upload_record *a, const struct upload_record *b) {
    return memcmp(a->ticket, b->ticket, TICKET_LEN) == 0 && memcmp(a->asn, b->asn, ASN_LEN) == 0
           && memcmp(a->issuer, b->issuer, UPLOAD_ISSUER_LEN) == 0 && a->trade == b->trade
           && memcmp(a->city_factor, b->city_factor, FACTOR_LEN) == 0
           && a->medical[0] == b->medical[0] && a->medical[1] == b->medical[1]
           && a->amount == b->amount && a->balance_before == b->balance_before
           && a->number == b->number && a->overdraft == b->overdraft
           && a->key_version == b->key_version && a->algorithm == b->algorithm
           && memcmp(a->terminal, b->terminal, TERMINAL_LEN) == 0
           && a->terminal_seq == b->terminal_seq
           && moment_number(a->moment) == moment_number(b->moment)
           && memcmp(a->tac, b->tac, MAC_LEN) == 0 && a->mac2_checked == b->mac2_checked
           && a->flag == b->flag;
}

/* One difference of this record, with its place. */
static void differ_at(
    const struct record_judge *j, const struct proven_record *p, const char *sentence) {
    differ(j->differences, "upload %" PRId64 ", record %" PRIu32 ": %s", p->upload, p->place,
        sentence);
}

/* --- judging anew -------------------------------------------------------------------------- */

/* What a record's end must be as far as it follows from the record itself: everything up to the
 * TAC. REASON_NONE when it is proven. */
static enum err judge_proof(const struct record_judge *j, const struct proven_record *p,
    struct card_standing *standing, enum reason *reason, struct why *why) {
    const struct upload_record *r = &p->record;
    uint64_t moment = moment_number(r->moment);
    if (!purchase_formed(r) || r->batch != j->header->batch || moment == 0) {
        *reason = REASON_FORM;
        return OK;
    }
    enum err err = j->c->store->card_find(
        j->c->store->self, upload_factor(r), moment, standing, why);
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    if (err == ERR_NOT_FOUND) {
        char city[INSTITUTION_LEN + 1];
        err = j->c->store->city_of_card(j->c->store->self, upload_factor(r), city, why);
        *reason = err ? REASON_CARD_UNKNOWN : REASON_FOREIGN;
        return err == ERR_NOT_FOUND ? OK : err;
    }
    *reason = !version_in_use(j, r) ? REASON_KEY_VERSION : !p->tac_good ? REASON_TAC : REASON_NONE;
    return OK;
}

/* The centre's yes that this record used. */
static enum err approval_fits(
    const struct record_judge *j, const struct upload_record *r, bool *fits, struct why *why) {
    struct approval a = {0};
    enum err err = j->c->store->approval_find(j->c->store->self, r->ticket, &a, why);
    *fits = !err && a.used && a.amount == r->amount
            && memcmp(a.factor, upload_factor(r), FACTOR_LEN) == 0
            && memcmp(a.terminal, r->terminal, TERMINAL_LEN) == 0;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* proof 3, for a record that is said to be cleared. */
static enum err judge_cleared(const struct record_judge *j, struct proven_record *p,
    const struct card_standing *standing, struct why *why) {
    const struct upload_record *r = &p->record;
    uint32_t traded = (uint32_t)(moment_number(r->moment) / 1000000);
    bool online = r->flag == UPLOAD_ONLINE, approved = false;
    char most[FEN_TEXT_MAX];
    enum err err = online ? approval_fits(j, r, &approved, why) : OK;
    if (err) {
        return err;
    }
    if (traded > j->day || traded < in_time_from(j->day, j->limits->late_days)) {
        differ_at(j, p, "cleared, but not in time");
    }
    if (online ? !approved : (int64_t)r->amount > j->limits->offline_fen) {
        differ_at(j, p, online ? "cleared, but never approved" : "cleared above the limit");
    }
    if (standing->listed) {
        differ_at(j, p, "cleared, but the card was on the blacklist");
    }
    if (!j->from_city && memcmp(r->terminal, j->header->terminal, TERMINAL_LEN) != 0) {
        differ_at(j, p, "cleared, but of another terminal than its file");
    }
    (void)snprintf(p->rule, sizeof p->rule, "%s%s%s",
        trade_is_medical(r->trade) ? "medical account, " : "",
        online ? "online, approved by the centre" : "offline, at most ",
        online ? "" : fen_text(j->limits->offline_fen, most));
    return OK;
}

/* The row's end against the one that follows from the record. Where nothing forbids it, the row may
 * say suspense: what was known then is not judged anew. */
static enum err judge(const struct record_judge *j, struct proven_record *p, struct why *why) {
    struct card_standing standing = {0};
    enum reason proof = REASON_NONE;
    enum err err = judge_proof(j, p, &standing, &proof, why);
    if (err) {
        return err;
    }
    bool says_unproven = p->row.reason == REASON_FOREIGN
                         || (p->row.reason != REASON_NONE && p->row.reason <= REASON_TAC);
    if (proof != REASON_NONE ? p->row.reason != proof : says_unproven) {
        differ(j->differences, "upload %" PRId64 ", record %" PRIu32 ": the row says %s, not %s",
            p->upload, p->place, reason_line(p->row.reason)->word,
            proof == REASON_NONE ? "a good TAC" : reason_line(proof)->word);
        return OK;
    }
    if (p->row.tac == TAC_GOOD ? proof != REASON_NONE : proof == REASON_NONE) {
        differ_at(j, p, "the row's finding of the TAC is wrong");
    }
    return p->row.reason == REASON_NONE ? judge_cleared(j, p, &standing, why) : OK;
}

/* --- its posting --------------------------------------------------------------------------- */

/* proof 4: what the end of this record calls for; a count of 0 is none. */
static struct posting posting_of(const struct record_judge *j, const struct proven_record *p) {
    enum ruling ruling = reason_line(p->row.reason)->ruling;
    if (ruling == RULING_REFUSED || !p->row.posted) {
        return (struct posting){0};
    }
    struct account_name card = account_of_record(&p->record);
    enum account_kind payee = j->from_city ? ACCOUNT_CITY : ACCOUNT_INSTITUTION;
    struct account_name to = ruling == RULING_CLEARED ? account_named(payee, j->header->institution)
                                                      : account_named(ACCOUNT_SUSPENSE, NULL);
    return posting_between(&card, &to, p->record.amount, j->day);
}

bool same_entries(const struct posting *a, const struct posting *b) {
    bool same = a->count == b->count && a->day == b->day;
    for (size_t i = 0; same && i < a->count; i++) {
        same = a->entries[i].fen == b->entries[i].fen
               && a->entries[i].account.kind == b->entries[i].account.kind
               && strcmp(a->entries[i].account.of, b->entries[i].account.of) == 0;
    }
    return same;
}

/* The posting that was found under the record's number, against the one that there must be. */
static enum err posting_proof(
    const struct record_judge *j, const struct proven_record *p, bool *posting, struct why *why) {
    struct posting expected = posting_of(j, p), found = {0};
    char number[POSTING_NUMBER_LEN + 1];
    (void)snprintf(number, sizeof number, "record %" PRId64 "/%" PRIu32, p->upload, p->place);
    enum err err = j->c->store->posting_find(j->c->store->self, number, &found, why);
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    *posting = err == OK;
    if (p->row.reason == REASON_NONE && !p->row.posted) {
        differ_at(j, p, "cleared, but the row says that nothing was posted");
    } else if (*posting != (expected.count > 0)) {
        differ_at(j, p,
            *posting ? "it has a posting, and its end calls for none" : "its posting is missing");
    } else if (*posting && !same_entries(&expected, &found)) {
        differ_at(j, p, "its posting is another than its end calls for");
    }
    return OK;
}

/* The row first: without it there is no end to prove. */
enum err record_proof(
    const struct record_judge *j, struct proven_record *p, bool *posting, struct why *why) {
    const struct clearing_store *store = j->c->store;
    assert(p->place > 0);
    *posting = false;
    enum err err = store->record_at(store->self, p->upload, p->place, &p->row, why);
    if (err == ERR_NOT_FOUND) {
        p->row.reason = REASON_FORM;
        differ_at(j, p, "its row is missing");
        return OK;
    }
    if (err) {
        return err;
    }
    if (!same_record(&p->record, &p->row.record) || p->row.day != j->day) {
        differ_at(j, p, "the row is not what the terminal sent");
    }
    err = judge(j, p, why);
    return err ? err : posting_proof(j, p, posting, why);
}

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/bench_figure.h"
#include "apps/command.h"
#include "apps/vault_desk.h"
#include "host/clock.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/progress.h"
#include "vaults/soft/soft_vault.h"

/* How the bench is fair: a load is one request with the messages of a real one; every MAC2 is compared
 * with that of a vault in this process, which is also the yardstick. Sides take turns, of each the
 * fastest turn counts, and every single request of that turn is timed. */

struct bench_options {
    int64_t requests, rounds;
    bool json;
};

static const struct option options[] = {
    {"--requests", OPTION_NUMBER, offsetof(struct bench_options, requests), NULL, "20000",
     "loads answered in one turn",                           false},
    {"--rounds",   OPTION_NUMBER, offsetof(struct bench_options, rounds),   NULL, "7",
     "how often each side has its turn; the fastest counts", false},
    OPTION_JSON(struct bench_options, json),
};

static const struct usage usage = {
    .command = "bench vault",
    .help =
        "Times online requests (MAC1 checked, MAC2 made for a load) through the vault's process.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

enum { REQUESTS_LEAST = 1000, REQUESTS_MOST = 10000000, ROUNDS_MOST = 100, LINES = 2, CARDS = 256 };
enum { REGION = 440100 };
enum { ASKED_LEN = 15, ANSWERED_LEN = 18 }; /* put_load_mac1() and put_load_mac2() */
static const double rate_target = 50000;    /* loads a second */
static const double percentile_target = 1;  /* millisecond, 99 of 100 */

/* A load that a card asks for, and what the centre has to answer. */
struct order {
    struct key_ref key;
    struct load_macs load;
    uint8_t mac2[4];
};

/* One who asks, in a thread of its own. */
struct client {
    pthread_t thread;
    const struct vault *vault;
    const struct order *orders; /* CARDS of them */
    size_t requests;
    uint32_t *took_ns; /* of each request */
    bool good;
};

/* The fastest turn of a side. */
struct turn {
    double rate;       /* requests a second */
    double percentile; /* milliseconds: 99 of 100 requests took no longer */
};

/* The vault in this process says what every answer must be. */
static enum err orders_make(const struct vault *vault, struct order *orders, struct why *why) {
    static const uint8_t asked[ASKED_LEN] = {1}, answered[ANSWERED_LEN] = {2};
    enum err err = OK;
    for (size_t i = 0; !err && i < CARDS; i++) {
        struct order *order = &orders[i];
        *order = (struct order){
            .key = {.name = KEY_DLK, .version = 1, .depth = KEY_CARD},
            .load = { .input = {(uint8_t)i},
                    .asked = bytes_of(asked, sizeof asked),
                    .answered = bytes_of(answered, sizeof answered)}
        };
        order->key.card_factor[6] = (uint8_t)(i >> 8);
        order->key.card_factor[7] = (uint8_t)i;
        err = vault->session_mac(
            vault->self, &order->key, order->load.input, order->load.asked, order->load.mac1, why);
        err = err ? err
                  : vault->session_mac(vault->self, &order->key, order->load.input,
                      order->load.answered, order->mac2, why);
    }
    return err;
}

/* All requests of a client, each timed; `good` says whether all were answered right. */
static void *ask_all(void *arg) {
    struct client *client = arg;
    const struct vault *v = client->vault;
    client->good = true;
    for (size_t i = 0; client->good && i < client->requests; i++) {
        const struct order *order = &client->orders[i % CARDS];
        uint8_t mac2[4];
        struct why why;
        uint64_t began_ns = clock_ns();
        enum err err = v->answer_load(v->self, &order->key, &order->load, mac2, &why);
        client->took_ns[i] = (uint32_t)(clock_ns() - began_ns);
        client->good = err == OK && memcmp(mac2, order->mac2, sizeof mac2) == 0;
    }
    return NULL;
}

static int compare_u32(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* A turn of one side: its clients at once. took_ns has room for all their requests. */
static enum err take_turn(
    struct client *clients, size_t count, uint32_t *took_ns, struct turn *best, struct why *why) {
    size_t all = 0, started = 0;
    bool good = true;
    uint64_t began_ns = clock_ns();
    for (; started < count; started++) {
        clients[started].took_ns = took_ns + all;
        all += clients[started].requests;
        if (pthread_create(&clients[started].thread, NULL, ask_all, &clients[started]) != 0) {
            good = false;
            break;
        }
    }
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(clients[i].thread, NULL);
        good = good && clients[i].good;
    }
    double rate = (double)all / clock_seconds_since(began_ns);
    if (!good) {
        return why_say(
            why, ERR_CONFLICT, "a load was not answered as it should be; tell the makers");
    }
    if (rate > best->rate) {
        qsort(took_ns, all, sizeof *took_ns, compare_u32);
        size_t most = all * 99 / 100;
        *best = (struct turn){rate, took_ns[most] / 1e6};
    }
    return OK;
}

enum side { SIDE_HERE, SIDE_LINE, SIDE_LINES, SIDES };

struct bench {
    struct vault here, lines[LINES];
    struct order orders[CARDS];
    struct turn best[SIDES];
    uint32_t *took_ns;
};

static void bench_end(struct bench *bench) {
    for (size_t i = 0; i < LINES; i++) {
        if (bench->lines[i].close) {
            bench->lines[i].close(bench->lines[i].self);
        }
    }
    if (bench->here.close) {
        bench->here.close(bench->here.self);
    }
    free(bench->took_ns);
}

static enum err bench_begin(
    const struct bench_options *given, struct bench *bench, struct why *why) {
    enum err err = vault_desk_seed(1, REGION, bench->lines, LINES, why);
    err = err ? err : soft_vault_open_rehearsal("1", REGION, &bench->here, why);
    err = err ? err : orders_make(&bench->here, bench->orders, why);
    bench->took_ns = calloc((size_t)given->requests * LINES, sizeof *bench->took_ns);
    if (!err && !bench->took_ns) {
        err = why_say(why, ERR_OUTSIDE, "no memory for the times; give fewer --requests");
    }
    return err;
}

static enum err one_turn(struct bench *bench, enum side side, size_t requests, struct why *why) {
    struct client clients[LINES];
    size_t count = side == SIDE_LINES ? LINES : 1;
    for (size_t i = 0; i < count; i++) {
        clients[i] = (struct client){.vault = side == SIDE_HERE ? &bench->here : &bench->lines[i],
            .orders = bench->orders,
            .requests = requests};
    }
    return take_turn(clients, count, bench->took_ns, &bench->best[side], why);
}

static enum err measure(const struct bench_options *given, struct bench *bench, struct why *why) {
    uint64_t turns = (uint64_t)given->rounds * SIDES;
    struct progress progress = progress_begin("bench vault", "turns", turns, given->json);
    enum err err = OK;
    for (uint64_t i = 0; !err && i < turns; i++) {
        err = one_turn(bench, (enum side)(i % SIDES), (size_t)given->requests, why);
        progress_at(&progress, i + 1);
    }
    if (err) {
        progress_abandon(&progress);
    } else {
        (void)progress_end(&progress);
    }
    return err;
}

static int report(const struct bench_options *given, const struct bench *bench) {
    static const char here[] = "the same in this process, one thread";
    const struct turn *line = &bench->best[SIDE_LINE], *lines = &bench->best[SIDE_LINES];
    double plain = bench->best[SIDE_HERE].rate;
    const struct bench_figure figures[] = {
        {.name = "loads answered by the vault's process, one line",
         .unit = "loads/s",
         .yardstick = here,
         .value = line->rate,
         .yardstick_value = plain,
         .least_value = rate_target     },
        {.name = "99 of 100 loads, one line",
         .unit = "ms",
         .yardstick = here,
         .value = line->percentile,
         .yardstick_value = bench->best[SIDE_HERE].percentile,
         .most_value = percentile_target},
        {.name = "loads answered by the vault's process, two lines",
         .unit = "loads/s",
         .yardstick = here,
         .value = lines->rate,
         .yardstick_value = plain,
         .least_value = rate_target     },
        {.name = "99 of 100 loads, two lines",
         .unit = "ms",
         .yardstick = here,
         .value = lines->percentile,
         .yardstick_value = bench->best[SIDE_HERE].percentile,
         .most_value = percentile_target},
    };
    return bench_report("vault", figures, sizeof figures / sizeof figures[0], given->json);
}

int bench_vault_command(int argc, char **argv) {
    struct bench_options given;
    static struct bench bench;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    if (given.requests < REQUESTS_LEAST || given.requests > REQUESTS_MOST || given.rounds < 1
        || given.rounds > ROUNDS_MOST) {
        (void)why_say(&why, ERR_CONFLICT, "--requests is %d to %d, --rounds 1 to %d",
            (int)REQUESTS_LEAST, (int)REQUESTS_MOST, (int)ROUNDS_MOST);
        return (int)ending_tell(ERR_CONFLICT, &why);
    }
    enum err err = bench_begin(&given, &bench, &why);
    err = err ? err : measure(&given, &bench, &why);
    status = err ? (int)ending_tell(err, &why) : report(&given, &bench);
    bench_end(&bench);
    return status;
}

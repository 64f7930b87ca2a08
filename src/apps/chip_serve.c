/* chip serve: puts a chip of a file into a virtual PC/SC reader, until somebody presses Ctrl-C. */
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "apps/command.h"
#include "host/ending.h"
#include "host/options.h"
#include "ports/sim/foretold.h"
#include "ports/sim/image.h"
#include "reader/vpcd.h"

struct serve_options {
    const char *image, *vpcd, *random;
};

static const struct option options[] = {
    {"--image",  OPTION_PATH, offsetof(struct serve_options, image),  "FILE",      NULL,
     "the chip, made by `shebao chip new` or by the pilot",                  false},
    {"--vpcd",   OPTION_TEXT, offsetof(struct serve_options, vpcd),   "HOST:PORT", "127.0.0.1:35963",
     "where vsmartcard's driver listens; slot 1 is port 35964",              false},
    {"--random", OPTION_PATH, offsetof(struct serve_options, random), "FILE",      NULL,
     "rehearsal only: the chip's random numbers are the bytes of this file", true },
};

static const struct usage usage = {
    .command = "chip serve",
    .help = "Puts a chip into the virtual reader of pcscd (package vsmartcard-vpcd) and keeps it "
            "there, through restarts of pcscd, until Ctrl-C.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* Set by the signal; the line is shut so that a read under way ends at once. */
static volatile sig_atomic_t stop;
static volatile sig_atomic_t line = -1;

static void on_signal(int number) {
    (void)number;
    stop = 1;
    if (line >= 0) {
        (void)shutdown(line, SHUT_RDWR);
    }
}

static void listen_to_signals(void) {
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waiting ends, too */
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static void wait_a_little(void) {
    const struct timespec pause = {.tv_nsec = 200000000}; /* half of the driver's own rhythm */
    (void)nanosleep(&pause, NULL);
}

/* One connection after another: pcscd may be started later than we, and may be restarted. What is
 * said about it is said once, not five times a second. */
static enum err serve(const struct serve_options *given, struct vpcd_chip *chip, struct why *why) {
    bool said = false;
    enum err err = OK;
    while (!stop && err != ERR_INVALID) {
        int fd = -1;
        err = vpcd_connect(given->vpcd, &fd, why);
        if (err == ERR_OUTSIDE && !said) {
            (void)fprintf(stderr, "shebao: %s; waiting for it, Ctrl-C ends\n", why->text);
            said = true;
        }
        if (err) {
            wait_a_little();
            continue;
        }
        (void)printf("the chip is in the reader at %s\n", given->vpcd);
        (void)fflush(stdout);
        line = fd;
        err = vpcd_serve(fd, chip, &stop, why);
        line = -1;
        (void)close(fd);
        said = false;
        if (!stop) {
            wait_a_little();
        }
    }
    return err == ERR_INVALID ? ERR_CONFLICT : OK; /* an address that is none is wrong use */
}

/* The image's port, with known random numbers where somebody wants to rehearse. */
static enum err choose_port(const struct serve_options *given, struct image *image,
    struct foretold *foretold, struct nvm *out, struct why *why) {
    *out = *image_nvm(image);
    if (!given->random) {
        return OK;
    }
    enum err err = foretold_open(foretold, image_nvm(image), given->random, why);
    *out = err ? *out : foretold_nvm(foretold);
    return err;
}

int chip_serve_command(int argc, char **argv) {
    struct serve_options given;
    struct vpcd_chip chip;
    struct image *image = NULL;
    struct foretold foretold = {.file = -1};
    struct nvm nvm;
    struct why why = {{0}};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    listen_to_signals();
    enum err err = image_open(given.image, &image, &why);
    err = err ? err : choose_port(&given, image, &foretold, &nvm, &why);
    err = err ? err : vpcd_chip_start(&chip, &nvm, &why);
    if (!err) {
        err = serve(&given, &chip, &why);
        enum err synced = image_sync(image, &why);
        err = err ? err : synced;
    }
    foretold_close(&foretold);
    image_close(image);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    (void)printf("%s: %lu commands answered\n", given.image, chip.commands);
    return ENDING_DONE;
}

/* Questions to a vault that are asked together: what a machine that works on several cards at once wants
 * to know for all of them. [decision 0054]
 *
 * A job is one call of a function of struct vault, with its arguments in it: asked by itself or among
 * others, the answer is the same. It holds no pointer, so that an array of jobs can lie in memory that
 * two processes share, and nothing secret: the functions that take or give a PIN have no place here.
 *
 *     jobs[i] = (struct vault_job){.question = ASK_WRAP, .wrap = wrap};
 *     err = vault_jobs_do(vault, jobs, count, why);
 *     ... each job has its own err, and with OK its out ... */
#pragma once

#include "keys/vault.h"

/* Which function of struct vault; what it takes stands in the job's fields of these names. */
enum vault_question {
    ASK_AUTHENTICATE, /* key, first: factor, second: original; out: 8 bytes */
    ASK_ENCRYPT8,     /* key, first: block; out: 8 bytes */
    ASK_ENCRYPT16,    /* key, data: block; out: 16 bytes */
    ASK_SESSION_MAC,  /* key, first: input, data; out: 4 bytes */
    ASK_MESSAGE_MAC,  /* key, first: initial vector, data; out: 4 bytes */
    ASK_WRAP,         /* wrap; out: at most KEY_WRAP_MAX bytes */
    VAULT_QUESTIONS
};

enum {
    VAULT_JOB_DATA_MAX = 280, /* bytes: any command of a card; longer data are asked about alone */
    VAULT_JOBS_MAX = 256,     /* of one call */
};

/* One question and its answer. */
struct vault_job {
    uint8_t question; /* enum vault_question */
    struct key_ref key;
    uint8_t first[8], second[8];
    uint16_t data_len; /* at most VAULT_JOB_DATA_MAX */
    uint8_t data[VAULT_JOB_DATA_MAX];
    struct key_wrap wrap;
    uint8_t out[KEY_WRAP_MAX]; /* with OK */
    uint8_t out_len;
    enum err err;   /* as the function's own */
    struct why why; /* its story, with anything but OK */
};

/* Asks the vault the one question, by the function that it means; the answer is in the job. A question or
 * a length that no job has is ERR_INVALID there. */
void vault_job_do(const struct vault *vault, struct vault_job *job);

/* Asks all of them, together where the vault can and one by one where not. count is 1 to
 * VAULT_JOBS_MAX. OK: every job has its answer or its own error. ERR_OUTSIDE: none has, and all may
 * be asked again. */
enum err vault_jobs_do(
    const struct vault *vault, struct vault_job *jobs, size_t count, struct why *why);

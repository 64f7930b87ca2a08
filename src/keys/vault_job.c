#include "keys/vault_job.h"

#include <assert.h>

enum { PROOF_LEN = 8, BLOCK_LEN = 16, MAC_LEN = 4 };

/* The blocks of SM4 come as data, for they are longer than the others. */
static enum err encrypt16(const struct vault *vault, struct vault_job *job) {
    if (job->data_len != BLOCK_LEN) {
        return why_say(&job->why, ERR_INVALID, "a block of SM4 has %d bytes, and %u came",
            (int)BLOCK_LEN, (unsigned)job->data_len);
    }
    job->out_len = BLOCK_LEN;
    return vault->encrypt16(vault->self, &job->key, job->data, job->out, &job->why);
}

/* A wrapped key is as long as its cipher makes it. */
static enum err wrap(const struct vault *vault, struct vault_job *job) {
    size_t len = 0;
    enum err err = vault->wrap(vault->self, &job->wrap, job->out, &len, &job->why);
    assert(len <= sizeof job->out);
    job->out_len = (uint8_t)len;
    return err;
}

/* The lengths of what comes out stand in the table of vault.h. */
static enum err ask(const struct vault *vault, struct vault_job *job) {
    struct bytes data = bytes_of(job->data, job->data_len);
    switch (job->question) {
    case ASK_AUTHENTICATE:
        job->out_len = PROOF_LEN;
        return vault->authenticate(
            vault->self, &job->key, job->first, job->second, job->out, &job->why);
    case ASK_ENCRYPT8:
        job->out_len = PROOF_LEN;
        return vault->encrypt8(vault->self, &job->key, job->first, job->out, &job->why);
    case ASK_ENCRYPT16:
        return encrypt16(vault, job);
    case ASK_SESSION_MAC:
        job->out_len = MAC_LEN;
        return vault->session_mac(vault->self, &job->key, job->first, data, job->out, &job->why);
    case ASK_MESSAGE_MAC:
        job->out_len = MAC_LEN;
        return vault->message_mac(vault->self, &job->key, job->first, data, job->out, &job->why);
    case ASK_WRAP:
        return wrap(vault, job);
    default:
        return why_say(&job->why, ERR_INVALID, "question %u is none that a vault is asked",
            (unsigned)job->question);
    }
}

/* A job may come from another process: its length is looked at before anything is read by it. */
void vault_job_do(const struct vault *vault, struct vault_job *job) {
    assert(vault->close);
    if (job->data_len > sizeof job->data) {
        job->err = why_say(&job->why, ERR_INVALID, "a question with %u bytes; at most %zu fit",
            (unsigned)job->data_len, sizeof job->data);
        return;
    }
    job->err = ask(vault, job);
    assert(job->err || job->out_len > 0);
    assert(job->out_len <= sizeof job->out);
}

enum err vault_jobs_do(
    const struct vault *vault, struct vault_job *jobs, size_t count, struct why *why) {
    assert(count >= 1);
    assert(count <= VAULT_JOBS_MAX);
    if (vault->jobs) {
        return vault->jobs(vault->self, jobs, count, why);
    }
    for (size_t i = 0; i < count; i++) {
        vault_job_do(vault, &jobs[i]);
    }
    return OK;
}

#include "card/guard/challenge.h"

#include "crypto/secret.h"

void challenge_draw(struct challenge *c, const struct nvm *nvm, uint8_t len) {
    challenge_forget(c);
    nvm->random(nvm->self, c->bytes, len);
    c->len = len;
    c->lives = 2; /* one is used up by GET CHALLENGE itself */
}

void challenge_age(struct challenge *c) {
    if (c->lives > 1) {
        c->lives--;
    } else {
        challenge_forget(c);
    }
}

void challenge_forget(struct challenge *c) {
    crypto_wipe(c, sizeof *c);
}

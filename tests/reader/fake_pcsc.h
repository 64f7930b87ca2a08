/* PC/SC without a daemon: the functions of libpcsclite, played by the test. A test program that
 * includes this defines them, and so they come before those of the library.
 *
 * One or two readers, a card that is there or comes later, and a number: the how-manieth call
 * fails, and with which code. Calls come from one thread after another, never from two at once,
 * except in the test of a mute card, which waits for each; they are not on the thread of the
 * test, hence assert(). */
#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <time.h>

#include <winscard.h>

#include "check.h"

enum { FAKE_PROTOCOLS = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1 };

static struct fake {
    const char *names; /* one behind another, as PC/SC has them */
    size_t names_len;
    DWORD protocol;
    const char *atr, *answer; /* hexadecimal */
    int looks_until_card;     /* 0: it is there; -1: never */
    DWORD also;               /* flags besides PRESENT */
    /* The fail_at-th call from now fails, and fail_times of them, all of them or one function's. */
    int fail_at, fail_times;
    LONG fail_code;
    const char *fail_function;
    /* What was seen. */
    atomic_int contexts, contexts_made, cards, transmits;
    int calls;
    DWORD share, leave_with;
    char line[2 * 300 + 1];
    atomic_bool mute, answered;
} fake;

static inline void fake_moment(void) {
    (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* Should this call fail? */
static inline LONG fake_call(const char *function) {
    fake.calls++;
    if ((fake.fail_function && strcmp(fake.fail_function, function) != 0) || fake.fail_times == 0) {
        return SCARD_S_SUCCESS;
    }
    if (--fake.fail_at > 0) {
        return SCARD_S_SUCCESS;
    }
    fake.fail_times--;
    return fake.fail_code;
}

LONG SCardEstablishContext(DWORD scope, LPCVOID one, LPCVOID two, LPSCARDCONTEXT context) {
    (void)scope, (void)one, (void)two;
    LONG rc = fake_call("establish");
    if (!rc) {
        *context = ++fake.contexts_made;
        fake.contexts++;
    }
    return rc;
}

LONG SCardReleaseContext(SCARDCONTEXT context) {
    (void)context;
    fake.contexts--;
    return SCARD_S_SUCCESS;
}

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD len) {
    (void)context, (void)groups;
    LONG rc = fake_call("list");
    if (!rc && fake.names_len <= 1) {
        return SCARD_E_NO_READERS_AVAILABLE;
    }
    if (!rc) {
        assert(*len >= fake.names_len);
        (void)memcpy(readers, fake.names, fake.names_len);
        *len = fake.names_len;
    }
    return rc;
}

LONG SCardGetStatusChange(
    SCARDCONTEXT context, DWORD timeout_ms, SCARD_READERSTATE *states, DWORD count) {
    (void)context;
    LONG rc = fake_call("status change");
    for (DWORD i = 0; !rc && i < count; i++) {
        bool there = fake.looks_until_card == 0;
        states[i].dwEventState = there ? SCARD_STATE_PRESENT | fake.also : SCARD_STATE_EMPTY;
        states[i].cbAtr = there ? from_hex(fake.atr, states[i].rgbAtr, MAX_ATR_SIZE) : 0;
        if (states[i].dwEventState == states[i].dwCurrentState && timeout_ms < 10) {
            rc = SCARD_E_TIMEOUT;
        }
    }
    fake.looks_until_card -= fake.looks_until_card > 0;
    fake_moment();
    return rc;
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD share, DWORD protocols,
    LPSCARDHANDLE card, LPDWORD protocol) {
    (void)context, (void)reader;
    assert(protocols == FAKE_PROTOCOLS);
    LONG rc = fake_call("connect");
    if (!rc) {
        fake.cards++;
        fake.share = share;
        *card = 7;
        *protocol = fake.protocol;
    }
    return rc;
}

LONG SCardReconnect(SCARDHANDLE card, DWORD share, DWORD protocols, DWORD how, LPDWORD protocol) {
    (void)card, (void)share;
    assert(protocols == FAKE_PROTOCOLS);
    assert(how == SCARD_RESET_CARD);
    *protocol = fake.protocol;
    return fake_call("reconnect");
}

LONG SCardDisconnect(SCARDHANDLE card, DWORD how) {
    (void)card;
    fake.cards--;
    fake.leave_with = how;
    return SCARD_S_SUCCESS;
}

LONG SCardStatus(SCARDHANDLE card, LPSTR reader, LPDWORD reader_len, LPDWORD state,
    LPDWORD protocol, LPBYTE atr, LPDWORD atr_len) {
    (void)card, (void)reader, (void)reader_len, (void)state, (void)protocol;
    LONG rc = fake_call("status");
    if (!rc) {
        *atr_len = from_hex(fake.atr, atr, *atr_len);
    }
    return rc;
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *pci, LPCBYTE line, DWORD line_len,
    SCARD_IO_REQUEST *pci_back, LPBYTE answer, LPDWORD answer_len) {
    (void)card, (void)pci_back;
    assert(pci->dwProtocol == fake.protocol);
    while (fake.mute) {
        fake_moment();
    }
    LONG rc = fake_call("transmit");
    fake.transmits++;
    hex_write(bytes_of(line, line_len), fake.line);
    if (!rc) {
        *answer_len = from_hex(fake.answer, answer, *answer_len);
    }
    return rc;
}

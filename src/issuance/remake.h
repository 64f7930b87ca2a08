/* What becomes of lines that were not made, and a batch that is put one state back. [system.md 4.0.2;
 * decision 0041]
 *
 * Remaking 重制: lines that failed (31) or are in doubt (32) leave their batch for a new one, which is
 * approved, sent and answered like any other. Where surely no chip was made the number goes along; where
 * one was, or nobody knows, the number stays used for ever and the line gets a new one.
 *
 * Restoring 还原: one state back, as long as its outputs are with nobody else: an approval is withdrawn
 * while nothing was sent, packed boxes are unpacked while none was delivered. Logged as action type 15.
 *
 * Both are one transaction; after a failure, or a kill, nothing has changed. ERR_CONFLICT: not in this
 * state; ERR_DENIED: an officer may not. */
#pragma once

#include "issuance/box.h"

/* What a remake batch took over. */
struct remake {
    struct batch batch;         /* the new one */
    int32_t lines, new_numbers; /* all, and those that got another number */
};

/* Makes a batch of the lines of `batch` that were not made. The officer is a maker. ERR_NOT_FOUND when it
 * has none. */
enum err batch_remake(
    const struct point_desk *desk, int64_t batch, struct remake *remake, struct why *why);

/* Puts a batch one state back. The officer is a maker, the second an approver. */
enum err batch_restore(const struct point_desk *desk, int64_t batch, struct why *why);

/* The life of a painter's process, from fork() to its end, and what both ends say. Used by painter.c
 * alone. */
#pragma once

#include "faces/painter.h"

/* The memory that both ends see: the request, and behind it the answer. */
enum { PAINTER_ROOM_LEN = PAINTER_REQUEST_MAX + PAINTER_ANSWER_MAX };

/* Built with a sanitizer, whose own memory is more than any limit. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PAINTER_SANITIZED 1
#endif
#endif
#if !defined(PAINTER_SANITIZED)
#define PAINTER_SANITIZED 0
#endif

/* A message: its own length, what it is (a kind, or an enum err), and the bytes in the room. */
enum { PAINTER_MESSAGE_LEN = 9 };
void painter_message_write(uint8_t what, uint32_t len, uint8_t out[PAINTER_MESSAGE_LEN]);
/* False when it is no message, or says more bytes than len_max. */
bool painter_message_read(struct bytes message, size_t len_max, uint8_t *what, uint32_t *len);

struct painter_order {
    const struct painter_skill *const *skills;
    size_t count;
    int fd;
    uint8_t *room;
    pid_t parent;
};

/* Lets every skill prepare, enters the cage, says how that went, answers until the other end hangs up,
 * and ends the process. It never returns, and dies with its parent. Everything but the line and
 * standard error is closed on the way. */
_Noreturn void painter_child_run(const struct painter_order *order);

#include "base/bytes.h"

/* The bodies of what the header offers to take in. */
extern inline bool bytes_equal(struct bytes a, struct bytes b);
extern inline struct bytes cursor_take(struct cursor *c, size_t len);
extern inline uint32_t cursor_number(struct cursor *c, size_t len);
extern inline uint8_t cursor_u8(struct cursor *c);
extern inline uint16_t cursor_u16(struct cursor *c);
extern inline uint32_t cursor_u24(struct cursor *c);
extern inline uint32_t cursor_u32(struct cursor *c);
extern inline void cursor_copy(struct cursor *c, void *to, size_t len);
extern inline bool cursor_finished(const struct cursor *c);

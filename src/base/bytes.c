#include "base/bytes.h"

/* The bodies of what the header offers to take in. */
extern inline bool bytes_equal(struct bytes a, struct bytes b);
extern inline struct bytes cursor_take(struct cursor *c, size_t len);
extern inline uint32_t cursor_number(struct cursor *c, size_t len);
extern inline void cursor_copy(struct cursor *c, void *to, size_t len);
extern inline bool cursor_finished(const struct cursor *c);

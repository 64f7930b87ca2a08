/* Loaded before a server that no test cuts off: what it says of forcing is heard and costs no time. The
 * server itself stays set up as a centre wants it, for `shebao` refuses one that forces nothing. */
#include <unistd.h>

int fsync(int file) {
    (void)file;
    return 0;
}

int fdatasync(int file) {
    (void)file;
    return 0;
}

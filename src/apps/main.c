#include <stdio.h>

int main(void) {
    (void)puts("shebao " SHEBAO_VERSION);
    return 0;
}

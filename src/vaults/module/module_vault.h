/* A vault whose root keys lie in a security module and never leave it. [system.md 6.1; decision 0027]
 *
 * Roots, the keys of province and city, and cards' keys that authenticate, make session keys or MACs
 * are derived inside the module and used there by number. Where the module cannot do what the cards'
 * standards ask for, the vault asks it to encipher the derivation data, which gives the key of one
 * card, uses that and wipes it: TACs and PIN reload (a key folded on itself), the wrapping of a key
 * with its head, whole key sets. What a whole province shares is in this process's memory in one case
 * only, the purchase key on its way into a PSAM. So it is run in a process of its own
 * (vaults/line, CAGE_MODULE).
 *
 * The transport key of blank chips is public and computed here. SM4 is refused (ERR_DENIED): no
 * module behind PKCS#11 that we know has it in this form. One thread at a time. */
#pragma once

#include "keys/vault.h"
#include "vaults/module/crypto_module.h"

enum { MODULE_ADDRESS_MAX = 64, MODULE_ALIASES_MAX = 64 };

/* Where a site keeps one key that does not follow its pattern. */
struct module_alias {
    enum key_name name;
    uint8_t version;
    const char *address;
};

/* Where the roots lie. pattern names them all: {name} stands for the catalogue's name, {version} for
 * the number, for example "shebao.{name}.{version}". The key that first PINs are drawn from has the
 * name PIN and the version 0. Borrowed for the call of module_vault_open(). */
struct module_addresses {
    const char *pattern;
    const struct module_alias *aliases;
    size_t alias_count;
};

/* Writes the address of a root; KEY_COUNT stands for the key of first PINs. ERR_INVALID when it does
 * not fit or the pattern lacks a part, so that two keys would have one address. */
enum err module_address(const struct module_addresses *addresses, enum key_name name,
    uint8_t version, char address[MODULE_ADDRESS_MAX], struct why *why);

/* Opens a vault over the module, which it owns from now on, also when it fails. ERR_INVALID for
 * addresses or a region that make no sense, ERR_OUTSIDE without memory. Keys are looked for when
 * they are first asked for: one that the module lacks is ERR_INVALID then, with its address. */
enum err module_vault_open(const struct crypto_module *module,
    const struct module_addresses *addresses, uint32_t region, struct vault *out, struct why *why);

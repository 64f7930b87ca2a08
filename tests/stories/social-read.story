story "a terminal reads a social security card as the field does"
# card.md 6.5: reset, SELECT by name, card number and name by number and by tag; then the holder's PIN.
given a blank chip
> 80 E0 3F 00 0D 38 FF FF F0 F0 01 FF FF FF FF FF FF FF
< 90 00
> 80 E0 DD F1 17 38 08 00 F0 F0 0B 01 FF 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF     SSSE
< 90 00
> 00 A4 00 00 02 DD F1                              by number, as software falls back to
< 61 18
> 80 E0 00 00 07 3F 00 60 81 F0 FF FF               KEY file
< 90 00
> 80 D4 01 00 15 30 F0 F0 01 00 C5 A9 1E 8A 9D 46 B6 50 A0 CD 15 7B E8 44 98 64     IRK
< 90 00
> 80 D4 01 04 15 39 F0 F0 01 33 00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF     UKSSSE
< 90 00
> 80 D4 01 00 08 3A F0 EF 01 33 12 34 56            PIN
< 90 00
> 80 E0 EF 05 08 2C 00 80 00 00 00 00 04            EF05: read free, written after UKSSSE
< 90 00
> 80 E0 EF 06 08 2C 00 80 00 00 00 00 04            EF06, the same
< 90 00
> 00 E2 00 28 12 01 10 44 01 00 D1 56 00 00 05 00 AB CD EF 17 88 FF B8     card identification code
< 90 00
> 00 E2 00 28 0B 07 09 42 30 30 30 30 30 31 33 31   card number
< 90 00
> 00 E2 00 30 0A 09 08 C0 EE C0 F6 A1 A4 BB AA      a name, in GBK
< 90 00
reset
> 00 A4 04 00 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF
< 61 18
> 00 C0 00 00 18
< 6F 16 84 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF A5 03 88 01 0B 90 00
> 00 A4 02 00 02 EF 05
< 90 00
> 00 B2 01 04 12                                    record 1 of the current file
< 01 10 44 01 00 D1 56 00 00 05 00 AB CD EF 17 88 FF B8 90 00
> 00 B2 01 2C 00                                    the same by short identifier, any length
< 01 10 44 01 00 D1 56 00 00 05 00 AB CD EF 17 88 FF B8 90 00
> 00 B2 07 00 0B                                    the card number by its tag
< 07 09 42 30 30 30 30 30 31 33 31 90 00
> 00 B2 07 28 20                                    a wrong Le is put right
< 6C 0B
> 00 B2 09 30 0A                                    the name
< 09 08 C0 EE C0 F6 A1 A4 BB AA 90 00
> 00 88 00 00 10 11 22 33 44 55 66 77 88 01 02 03 04 05 06 07 08     is the card genuine?
< 61 08
> 00 C0 00 00 08
< 8D 0C 30 B9 F1 F7 A7 29 90 00
> 00 DC 09 30 0A 09 08 C0 EE C0 F6 A1 A4 BB AB      nobody writes without UKSSSE
< 69 82
random 11 22 33 44 55 66 77 88
> 00 84 00 00 08
< 11 22 33 44 55 66 77 88 90 00
> 00 82 00 04 10 00 00 00 00 00 00 00 00 01 02 03 04 05 06 07 08     and nobody guesses it
< 63 C2
> B0 CA 9F 7F 00                                    what tools ask other cards
< 6D 00
> 90 CA 9F 7F 00
< 6E 00

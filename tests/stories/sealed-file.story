story "a file that is read and written under secure messaging only"
# Type E8: MAC and cipher; attribute 7F: reading is protected, too, all under key 00. MACs by another library.
given the end of appendix-a
> 00 A4 04 00 09 A0 00 00 00 03 86 98 07 01
< 61 30
> 00 20 00 00 03 12 34 5F     the PIN
< 90 00
> 80 E0 00 19 07 E8 00 10 F0 F0 FF 7F     EF19
< 90 00
> 00 D6 99 00 03 11 22 33     not in the clear
< 69 87
random 0102030405060708
> 00 84 00 00 08     GET CHALLENGE
< 01 02 03 04 05 06 07 08 90 00
> 04 D6 99 00 0C CD 10 57 89 58 F1 96 16 08 27 45 6C     UPDATE BINARY of 7 bytes: one block, no padding
< 90 00
random 1112131415161718
> 00 84 00 00 08     GET CHALLENGE
< 11 12 13 14 15 16 17 18 90 00
> 04 D6 99 07 0C 28 EA 56 92 13 FE 5F E3 99 AF A3 E1     and of 2 more
< 90 00
> 00 B0 99 00 09     not in the clear
< 69 87
random 2122232425262728
> 00 84 00 00 08     GET CHALLENGE
< 21 22 23 24 25 26 27 28 90 00
> 04 B0 99 00 04 52 E5 BB 88 09     READ BINARY: 9 bytes
< 61 14     ciphertext and MAC are longer
> 00 C0 00 00 14
< 71 74 8B C6 5A 33 95 F8 74 26 F4 01 62 71 C2 22 FB 54 95 18 90 00
random 3132333435363738
> 00 84 00 00 08     GET CHALLENGE
< 31 32 33 34 35 36 37 38 90 00
> 04 B0 99 00 04 03 C3 D0 D0 00     the whole file
< 82 17 D6 EC 1A 59 E3 7E 32 84 E2 F6 C6 7E D9 FF 9B A5 32 C7 F2 FF CF 1C 57 0B 83 F8 90 00
> 04 B0 99 00 04 11 22 33 44 09     no challenge, no answer
< 69 84
random 4142434445464748
> 00 84 00 00 08
< 41 42 43 44 45 46 47 48 90 00
> 04 B0 99 00 04 11 22 33 44 09     a wrong MAC
< 69 88
random 5152535455565758
> 00 84 00 00 08
< 51 52 53 54 55 56 57 58 90 00
> 04 B0 95 00 04 7F DD D7 89 1E     EF15 is read freely, and not otherwise
< 69 00

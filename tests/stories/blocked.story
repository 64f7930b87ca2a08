story "a blocked application is opened again, a dead one is not, and a blocked card is silent"
given the end of appendix-a
> 00 A4 04 00 09 A0 00 00 00 03 86 98 07 01
< 61 30
random 01020304
> 00 84 00 00 04
< 01 02 03 04 90 00
> 84 1E 00 00 04 54 BD F5 3D     APPLICATION BLOCK
< 90 00
> 80 5C 00 02 04
< 69 85
> 00 A4 04 00 09 A0 00 00 00 03 86 98 07 01     SELECT works, with a warning behind the FCI
< 61 30
> 00 C0 00 00 30
< 6F 2E 84 09 A0 00 00 00 03 86 98 07 01 A5 21 9F 0C 1E 11 11 22 22 33 33 00 06 03 01 00 06 19 98 08 17 00 00 00 30 19 98 08 15 19 98 12 15 55 66 62 83
random 01020304
> 00 84 00 00 04
< 01 02 03 04 90 00
> 84 18 00 00 04 94 0E 9F 81     APPLICATION UNBLOCK
< 90 00
> 80 5C 00 02 04
< 00 00 00 00 90 00
random 01020304
> 00 84 00 00 04
< 01 02 03 04 90 00
> 84 1E 00 01 04 32 C1 24 19     APPLICATION BLOCK, for ever
< 90 00
random 01020304
> 00 84 00 00 04
< 01 02 03 04 90 00
> 84 18 00 00 04 94 0E 9F 81
< 93 03
reset
random 01020304
> 00 84 00 00 04
< 01 02 03 04 90 00
> 84 16 00 00 04 8A 24 DA F9     CARD BLOCK, under the master file's key
< 90 00
> 00 A4 00 00 02 3F 00     nothing but silence
< 6A 81
reset
> 00 84 00 00 08
< 6A 81

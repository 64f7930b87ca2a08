story "a toll road: entry and exit in compound purchases, record and money together"
# The record of EF19 is AA, length, lock byte, station, time. MACs and TACs by another library.
needs compound purchases
given the end of appendix-a
> 00 A4 04 00 09 A0 00 00 00 03 86 98 07 01
< 61 30
> 00 20 00 00 03 12 34 5F     the PIN
< 90 00
> 80 E0 00 19 07 2C 00 14 F0 F0 FF FF     EF19
< 90 00
> 00 E2 00 C8 08 AA 06 00 00 00 00 00 00     its record: on no road
< 90 00
random 01020304
> 80 50 00 02 0B 01 00 00 13 88 44 01 00 00 00 01 10     50.00 loaded
< 00 00 00 00 00 00 00 01 01 02 03 04 E3 04 3E 7D 90 00
> 80 52 00 00 0B 20 03 10 08 12 00 00 37 93 BB 70 04
< 89 5E 5F 7A 90 00
> 80 DC AA C8 08 AA 06 29 00 17 12 00 00     a record without a purchase
< 69 01
random 11121314
> 80 50 03 02 0B 01 00 00 00 00 44 01 00 00 00 01 0F     INITIALIZE FOR CAPP PURCHASE of nothing
< 00 00 13 88 00 00 00 00 00 00 01 11 12 13 14 90 00
> 80 DC AA C8 08 AA 06 29 00 17 12 00 00     UPDATE CAPP DATA CACHE: entered at 17
< 90 00
> 80 54 01 00 0F 00 00 00 01 20 03 10 08 12 00 00 D7 89 10 D1 08     DEBIT FOR CAPP PURCHASE
< 2D 88 C3 F6 67 38 EA AF 90 00
> 00 B2 AA C8 00     the card is on the road
< AA 06 29 00 17 12 00 00 90 00
random 21222324
> 80 50 03 02 0B 01 00 00 05 DC 44 01 00 00 00 01 0F     at the exit the card is pulled in between
< 00 00 13 88 00 01 00 00 00 00 01 21 22 23 24 90 00
> 80 DC AA C8 08 AA 06 00 00 23 12 30 00
< 90 00
reset
> 00 A4 04 00 09 A0 00 00 00 03 86 98 07 01
< 61 30
> 00 20 00 00 03 12 34 5F     the PIN
< 90 00
> 00 B2 AA C8 00     nothing happened
< AA 06 29 00 17 12 00 00 90 00
> 80 5C 00 02 04
< 00 00 13 88 90 00
> 80 5A 00 09 02 00 02 08     and nothing is proven
< 94 06
random 31323334
> 80 50 03 02 0B 01 00 00 05 DC 44 01 00 00 00 01 0F     again
< 00 00 13 88 00 01 00 00 00 00 01 31 32 33 34 90 00
> 80 DC 01 CC 08 AA 06 00 00 23 12 30 00     left at 23, by record number
< 90 00
> 80 54 01 00 0F 00 00 00 02 20 03 10 08 12 00 00 17 6A EF 20 08     15.00
< 51 54 D5 0D B6 38 08 1C 90 00
> 80 5A 00 09 02 00 02 08     the proof
< B6 38 08 1C 51 54 D5 0D 90 00
> 00 B2 AA C8 00
< AA 06 00 00 23 12 30 00 90 00
> 80 5C 00 02 04
< 00 00 0D AC 90 00
> 00 B2 01 C4 00
< 00 02 00 00 00 00 00 05 DC 09 44 01 00 00 00 01 20 03 10 08 12 00 00 90 00
> 00 B2 02 C4 00
< 00 01 00 00 00 00 00 00 00 09 44 01 00 00 00 01 20 03 10 08 12 00 00 90 00
> 00 B2 03 C4 00
< 00 01 00 00 00 00 00 13 88 02 44 01 00 00 00 01 20 03 10 08 12 00 00 90 00

story "a thief has three tries, and the card remembers them over resets"
given the end of appendix-a
> 00 A4 04 00 09 A0 00 00 00 03 86 98 07 01
< 61 30
> 00 20 00 00 03 11 11 11     VERIFY
< 63 C2
reset
> 00 A4 04 00 09 A0 00 00 00 03 86 98 07 01
< 61 30
> 00 20 00 00 03 22 22 22
< 63 C1
> 00 20 00 00 03 33 33 33
< 63 C0
reset
> 00 A4 04 00 09 A0 00 00 00 03 86 98 07 01
< 61 30
> 00 20 00 00 03 12 34 5F     the right one, too late
< 69 83
> 80 5E 01 00 07 12 34 5F FF 65 43 21     CHANGE PIN asks for it, too
< 69 83
> 80 50 00 02 0B 01 00 00 00 10 44 01 00 00 00 01 10     no load
< 69 82
> 80 5C 00 02 04     what was free stays free
< 00 00 00 00 90 00

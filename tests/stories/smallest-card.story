story "the smallest card that can be loaded, and a load that a real card once made"
# purse.md appendix A, last paragraph; vectors real-card-1-load. The keys are those of that vector.
given a blank chip
> 80 E0 3F 00 0D 38 FF FF F0 F0 01 FF FF FF FF FF FF FF     CREATE MF
< 90 00
> 80 E0 00 00 07 3F 00 50 01 F0 FF FF                       its key file
< 90 00
> 80 E0 3F 01 0D 38 08 00 F0 F0 95 FF FF 11 22 33 44 55     CREATE ADF
< 90 00
> 00 A4 04 00 05 11 22 33 44 55                             SELECT it
< 61 09
> 00 C0 00 00 09
< 6F 07 84 05 11 22 33 44 55 90 00                          no EF15, so no more to say
> 80 E0 00 00 07 3F 01 8F 95 F0 FF FF                       key file
< 90 00
> 80 D4 01 00 15 39 F0 F0 AA 33 FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF
< 90 00
> 80 D4 01 00 15 3E F0 F0 00 01 3E 3E 3E 3E 3E 3E 3E 3E 3E 3E 3E 3E 3E 3E 3E 3E
< 90 00
> 80 D4 01 00 15 3F F0 F0 00 01 3F 3F 3F 3F 3F 3F 3F 3F 11 22 33 44 55 66 77 88
< 90 00
> 80 D4 01 00 15 34 F0 F0 00 01 34 34 34 34 34 34 34 34 11 22 33 44 55 66 77 88
< 90 00
> 80 D4 01 00 07 3A F0 EF AA FF 12 34                       PIN 1234
< 90 00
> 80 E0 00 18 07 2E 0A 17 F0 EF FF FF                       transaction log
< 90 00
> 80 E0 00 02 07 2F 02 08 F0 00 FF 18                       EP
< 90 00
reset
> 00 A4 04 00 05 11 22 33 44 55
< 61 09
> 80 50 00 02 0B 00 00 00 00 10 66 66 66 66 66 66 10        no load without the PIN
< 69 82
> 00 20 00 00 02 12 35
< 63 CE
> 00 20 00 00 02 12 34
< 90 00
random 4E066548
> 80 50 00 02 0B 00 00 00 00 10 66 66 66 66 66 66 10        INITIALIZE FOR LOAD
< 00 00 00 00 00 00 00 01 4E 06 65 48 0D 39 AD BB 90 00
> 80 52 00 00 0B 20 24 04 11 21 21 21 09 7E 98 FE 04        CREDIT FOR LOAD
< A8 02 86 3E 90 00
> 80 5C 00 02 04
< 00 00 00 10 90 00
> 00 B2 01 C4 00
< 00 01 00 00 00 00 00 00 10 02 66 66 66 66 66 66 20 24 04 11 21 21 21 90 00
> 80 5A 00 02 02 00 01 08                                   the proof of it
< 00 00 00 00 A8 02 86 3E 90 00
> 80 5A 00 02 02 00 02 08                                   and of nothing else
< 94 06

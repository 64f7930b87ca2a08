story "a PSAM: PIN reload for a card, and a medical purchase"
# The scripts of card.md A1 and 7, as the module hears them. All answers by another library (pyca/cryptography).
needs the purchase module
given a blank chip
> 80 E0 3F 00 0D 38 FF FF F0 F0 01 FF FF FF FF FF FF FF
< 90 00
> 80 E0 00 16 07 28 00 06 F0 F0 FF FF     EF16: the terminal number
< 90 00
> 00 D6 96 00 06 44 01 00 00 00 01
< 90 00
> 80 E0 DF 01 0E 38 03 00 F0 F0 97 FF FF D1 56 00 00 05 90
< 90 00
> 00 A4 00 00 02 DF 01
< 61 ..
> 80 E0 00 00 07 3F 01 00 97 F0 FF FF
< 90 00
> 80 D4 01 10 15 48 F0 EF 01 00 10 20 30 40 50 60 70 80 90 A0 B0 C0 D0 E0 F0 01     PUK: two factors to come, kind 8
< 90 00
> 80 D4 01 09 15 48 F0 EF 01 01 20 30 40 50 60 70 80 90 A0 B0 C0 D0 E0 F0 01 12     STK: of algorithm 01, its cards have the left half
< 90 00
> 80 D4 01 01 15 42 F0 EF 01 00 78 03 CA 30 23 FC 47 71 C7 BA 17 AC 6B 28 5C 89     DPK of the province
< 90 00
> 80 E0 00 18 07 28 00 02 F0 F0 FF FF
< 90 00
> 00 D6 98 00 02 03 03     EF18: three tries
< 90 00
> 80 E0 00 19 07 28 00 04 F0 F0 FF FF
< 90 00
> 00 D6 99 00 04 00 00 00 07     EF19: the next number is 7
< 90 00
> BF DE 48 10 18 86 84 44 01 00 00 00 01 34 34 30 31 30 30 73 78 11 22 33 44 55 66 77 88     PUK of this card, for the challenge 11..88
< 90 00
> 80 FA 00 00 08 01 02 03 04 05 06 07 08
< 61 08
> 00 C0 00 00 08     what the card wants to see
< 9E 26 5B 43 01 0D 30 0B 90 00
> 80 FA 00 00 08 01 02 03 04 05 06 07 08     one answer for one session
< 69 01
> BF DE 48 09 18 86 84 44 01 00 00 00 01 34 34 30 31 30 30 73 78 11 22 33 44 55 66 77 88     STK
< 90 00
> 80 FA 00 00 08 03 65 43 21 80 00 00 00 08     the new PIN 654321 enciphered
< 56 5F 6B 18 C3 63 71 E7 90 00
> BF DE 48 09 18 86 84 44 01 00 00 00 01 34 34 30 31 30 30 73 78 11 22 33 44 55 66 77 88
< 90 00
> 80 FA 05 00 18 00 00 00 00 00 00 00 00 84 24 00 01 0C 56 5F 6B 18 C3 63 71 E7 80 00 00 08     and its MAC
< 7D 8E 1C 1D 7F 1A 1C A8 90 00
> 80 70 01 00 2C 31 32 33 34 00 00 00 00 00 00 00 00 30 39 00 00 27 10 32 20 03 10 09 08 30 00 01 00 86 84 44 01 00 00 00 01 34 34 30 31 30 30 73 78 08     INIT SAM FOR PURCHASE with three amounts
< 00 00 00 07 F5 47 86 44 90 00
> 80 72 00 00 04 2B 35 E5 4E     the card's MAC2 is right
< 90 00
> 80 72 00 00 04 2B 35 E5 4E
< 69 01
> 80 70 01 00 2C 31 32 33 34 00 00 00 00 00 00 00 00 30 39 00 00 27 10 32 20 03 10 09 08 30 00 01 00 86 84 44 01 00 00 00 01 34 34 30 31 30 30 73 78 08
< 00 00 00 08 50 31 98 02 90 00
> 80 72 00 00 04 DE AD BE EF
< 93 02
> 00 B0 98 00 02     a try is gone
< 03 02 90 00
> BF DE 42 01 18 86 84 44 01 00 00 00 01 34 34 30 31 30 30 73 78 11 22 33 44 55 66 77 88     a purchase key computes nothing else
< 69 82

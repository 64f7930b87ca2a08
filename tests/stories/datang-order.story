story "a chip of another maker becomes a card in the order of its own commands"
# card.md 2.8 and 5.4; what they leave open is decision 0024. The transport code is that of card.md 1.1:
# 00 00 || T8 .. TD under the transport key, FF x 16 on test chips.
needs the second dialect
given a blank Datang chip
> 80 E0 01 00 1E 00 00 00 FF FF 3F 00 01 00 00 1D 00 00 00 00 00 31 50 41 59 2E 53 59 53 2E 44 44 46 30 31  nothing is made before the code was shown
< 69 82
> 80 E0 03 00 08 01 DB 7F B4 1F 5F 00 80                    VERIFY TRANSPORT, one bit wrong
< 69 82
> 80 E0 03 00 08 01 DB 7F B4 1F 5F 00 81                    VERIFY TRANSPORT
< 90 00
> 80 E0 05 00 08 00 00 44 01 00 00 12 34                    UPDATE ATR: T8 to TD
< 90 00
> 00 14 00 00 0B 3B 6D 00 00 00 87 54 31 00 86 84           and T1 to T7
< 90 00
# the master file: its keys, its FCI, its main control key
> 80 E0 01 00 1E 00 00 00 FF FF 3F 00 01 00 00 1D 00 00 00 00 00 31 50 41 59 2E 53 59 53 2E 44 44 46 30 31  CREATE MF: the purse family speaks in it
< 90 00
> 80 E0 01 00 1E 00 00 00 FF FF 3F 00 01 00 00 1D 00 00 00 00 00 31 50 41 59 2E 53 59 53 2E 44 44 46 30 31  there is one already
< 6A 86
> 80 E0 01 00 10 00 00 00 00 40 00 00 C3 00 00 00 00 EF EF EF EF  SF, its keys
< 90 00
> 80 E0 01 00 10 00 00 00 00 60 EF 1D C6 00 1D 00 00 00 00 00 FF  FCI records
< 90 00
> 00 D2 01 1D 1C 70 1A 3F 00 17 6F 15 84 0E 31 50 41 59 2E 53 59 53 2E 44 44 46 30 31 A5 03 88 01 01  FCI of the master file
< 90 00
> 00 D4 01 00 18 00 00 01 EF 33 00 FF 10 00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF  MK in the clear: there is none yet
< 90 00
> 80 E0 01 00 10 00 00 00 00 26 00 01 C5 00 01 00 13 00 00 00 FF  DIR, for the FCI to point at
< 90 00
reset
> 80 E0 01 00 10 00 00 00 00 10 00 02 C4 00 02 00 00 00 00 00 00  MK rules now
< 69 82
> 00 A4 00 00 02 3F 00                                      SELECT MF
< 61 17
> 00 C0 00 00 17
< 6F 15 84 0E 31 50 41 59 2E 53 59 53 2E 44 44 46 30 31 A5 03 88 01 01 90 00
random 112E4B6885A2BFDC
> 00 84 00 00 08
< 11 2E 4B 68 85 A2 BF DC 90 00
> 00 82 00 00 08 40 C8 57 71 1D 7D 4A A5                    MK of the master file
< 90 00
# a DDF: the social security environment, locked by level 77
> 80 E0 01 00 1F 00 77 00 FF 01 DD F1 01 00 00 1D 00 00 10 00 00 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF  CREATE DDF
< 90 00
> 00 A4 04 0C 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF  SELECT it, no answer wanted
< 90 00
> 80 E0 01 00 10 00 00 00 00 80 00 00 C3 00 10 00 00 00 00 00 00  it has no MK, and the code was not shown since reset
< 69 82
> 80 E0 03 00 08 01 DB 7F B4 1F 5F 00 81                    VERIFY TRANSPORT
< 90 00
> 80 E0 01 00 10 00 00 00 00 80 00 00 C3 00 10 00 00 EF EF EF EF  SF
< 90 00
> 80 E0 01 00 10 00 00 00 00 60 EF 1D C6 00 1D 00 00 00 00 00 FF  FCI
< 90 00
> 00 D2 01 1D 1D 70 1B DD F1 18 6F 16 84 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF A5 03 88 01 0B
< 90 00
> 00 D4 01 00 18 00 00 01 EF 33 00 FF 10 00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF  MK
< 90 00
random 223F5C7996B3D0ED
> 00 84 00 00 08
< 22 3F 5C 79 96 B3 D0 ED 90 00
> 84 D4 00 00 24 2A EB C5 8D A9 A0 FD 24 80 0B 8E 40 54 30 C0 A1 EA C5 37 E2 58 3F 85 B5 7E 5B 87 A6 92 C9 33 D2 DB 5C C2 BA  UKSSSE, number 04, level 22; enciphered and MACed
< 90 00
> 00 D4 00 00 18 0D 06 01 EF 33 00 33 10 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF 00  PUK, number 06, level 33; in the clear, while it is open
< 90 00
> 00 D4 00 00 18 01 00 01 EF 66 33 11 03 12 34 56 FF FF FF FF FF FF FF FF FF FF FF FF FF  the PIN, level 11, unlocked by level 33
< 90 00
> 80 E0 01 00 16 00 77 00 FF 01 DF 01 02 00 00 00 00 00 00 00 00 D1 56 00 00 05 00  an ADF in it
< 90 00
> 80 E0 01 00 10 00 00 00 00 2A EF 0B D6 00 0B 00 00 00 00 00 FF  DIR
< 90 00
> 80 E0 01 00 10 00 00 00 00 40 EF 05 C6 00 05 00 00 00 00 00 22  EF05
< 90 00
> 00 D2 01 05 12 01 10 FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF  blank write
< 90 00
> 00 D2 02 05 03 02 01 00
< 90 00
> 00 DC 01 2C 12 01 10 44 01 00 D1 56 00 00 05 00 00 12 34 FF FF FF FF  then the value
< 90 00
> 00 D2 04 05 06 03 04 31 30 30 30                          record 4 before there is a third
< 6A 83
# the ADF
> 00 A4 04 00 06 D1 56 00 00 05 00                          SELECT DF01: no FCI record, so its name
< 61 0A
> 00 C0 00 00 0A
< 6F 08 84 06 D1 56 00 00 05 00 90 00
> 80 E0 01 00 10 00 00 00 00 60 00 00 C3 00 00 00 00 00 00 00 00  SF
< 90 00
> 00 D4 01 00 18 00 00 01 EF 33 00 FF 10 00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF  MK
< 90 00
> 00 D4 00 00 18 0D 83 01 EF 33 00 22 10 22 33 44 55 66 77 88 99 AA BB CC DD EE FF 00 11  UK1DF01, number 83, level 22
< 90 00
> 80 E0 01 00 10 00 00 00 00 10 EF 05 C6 00 05 00 00 11 00 00 22  EF05: read with the PIN above, written with level 22
< 90 00
> 00 D2 01 05 03 20 01 00                                   blank write
< 90 00
> 80 E0 01 00 10 00 00 00 00 20 EF 1A C4 00 1A 00 00 00 00 00 00  EF1A
< 90 00
> 80 E1 00 03 02 EF 1A                                      DELETE it again
< 90 00
> 00 A4 02 00 02 EF 1A
< 6A 82
# the end of making: no way back
> 80 E0 02 00 00                                            END PRE-PERSO, DF01
< 90 00
> 80 E0 01 00 10 00 00 00 00 20 EF 1A C4 00 1A 00 00 00 00 00 00
< 69 85
> 80 E1 00 03 02 EF 05
< 69 85
> 80 E0 02 00 00
< 69 85
> 00 DC 01 2C 03 20 01 31                                   rights count from now on
< 69 82
> 00 A4 04 00 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF  SSSE
< 61 18
> 00 C0 00 00 18
< 6F 16 84 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF A5 03 88 01 0B 90 00
> 80 E0 02 00 00                                            nobody without MK ends it
< 69 82
random 33506D8AA7C4E1FE
> 00 84 00 00 08
< 33 50 6D 8A A7 C4 E1 FE 90 00
> 00 82 00 00 10 B6 67 3A A7 74 8A 7B AC 01 02 03 04 05 06 07 08  MK of SSSE
< 90 00
> 80 E0 02 00 00                                            END PRE-PERSO, SSSE
< 90 00
> 00 A4 00 00 02 3F 00
< 61 17
random 44617E9BB8D5F20F
> 00 84 00 00 08
< 44 61 7E 9B B8 D5 F2 0F 90 00
> 00 82 00 00 08 53 F7 6D E1 5B 3E CB 76                    MK of MF
< 90 00
> 80 E0 02 00 00                                            END PRE-PERSO, MF
< 90 00
> 80 E0 03 00 08 01 DB 7F B4 1F 5F 00 81                    the transport code has served
< 69 85
> 80 E0 05 00 08 00 00 44 01 00 00 56 78
< 69 85
# the card in use, as any other
reset
> 00 A4 04 00 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF
< 61 18
> 00 C0 00 00 18
< 6F 16 84 0F 73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF A5 03 88 01 0B 90 00
> 00 B2 01 2C 00                                            EF05 is free
< 01 10 44 01 00 D1 56 00 00 05 00 00 12 34 FF FF FF FF 90 00
> 00 DC 01 2C 12 01 10 44 01 00 D1 56 00 00 05 00 00 12 34 AB CD EF 01  but not to write
< 69 82
random 55728FACC9E60320
> 00 84 00 00 08
< 55 72 8F AC C9 E6 03 20 90 00
> 00 82 00 04 10 57 ED 4B 70 9E 8B 3D A2 01 02 03 04 05 06 07 08  UKSSSE
< 90 00
> 00 DC 01 2C 12 01 10 44 01 00 D1 56 00 00 05 00 00 12 34 AB CD EF 01
< 90 00
> 00 A4 04 00 06 D1 56 00 00 05 00
< 61 0A
> 00 C0 00 00 0A
< 6F 08 84 06 D1 56 00 00 05 00 90 00
> 00 B2 01 2C 00                                            nobody reads without the PIN
< 69 82
> 00 20 00 00 03 65 43 21
< 63 C5
> 00 20 00 00 03 12 34 56
< 90 00
> 00 B2 01 2C 00
< 20 01 00 90 00
random 6683A0BDDAF71431
> 00 84 00 00 08
< 66 83 A0 BD DA F7 14 31 90 00
> 00 82 00 83 10 63 6C A3 0B 3A 2F 81 5B 01 02 03 04 05 06 07 08  UK1DF01
< 90 00
> 00 DC 01 2C 03 20 01 31
< 90 00
> 00 D4 00 00 18 0D 83 01 EF 33 00 22 10 10 21 32 43 54 65 76 87 98 A9 BA CB DC ED FE 0F  no key in the clear
< 69 82
random 7794B1CEEB082542
> 00 84 00 00 08
< 77 94 B1 CE EB 08 25 42 90 00
> 84 D4 00 00 24 09 2D 70 96 44 47 8A 55 80 0B 8E 40 54 30 C0 A1 EA C5 37 E2 58 3F 85 B5 7E 5B 87 A6 92 C9 33 D2 32 D2 8D B2  a key is still exchanged under MK
< 90 00
random 88A5C2DFFC193653
> 00 84 00 00 08
< 88 A5 C2 DF FC 19 36 53 90 00
> 84 D4 00 00 24 5A B8 52 FD 52 37 D3 E2 80 0B 8E 40 54 30 C0 A1 EA C5 37 E2 58 3F 85 B5 7E 5B 87 A6 92 C9 33 D2 DF 0C BE 00  but none is added
< 69 85
random 99B6D3F00D2A4764
> 00 84 00 00 08
< 99 B6 D3 F0 0D 2A 47 64 90 00
> 00 82 00 83 10 C0 5C 91 E9 E9 01 FE 6C 01 02 03 04 05 06 07 08  the old one is gone
< 63 C2
random AAC7E4011E3B5875
> 00 84 00 00 08
< AA C7 E4 01 1E 3B 58 75 90 00
> 00 82 00 83 10 0A 2E 70 19 68 DB 5F D5 01 02 03 04 05 06 07 08
< 90 00

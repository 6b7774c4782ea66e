// The prose of docs/formats/plan-format.md: the image, which no table describes.

/** What comes before the tables. */
export const formatProse = `# The plan format, version 1.0

A plan is a small program that names every kernel action of a launch, in order. This file describes its binary image;
what a valid plan has to keep to beyond the format is in [verifier-rules.md](verifier-rules.md).

The image is little-endian and at most 16 MiB. It has six sections, each beginning at the first multiple of 8 after the
one before; padding is zero, and nothing follows the last section.

| section | content |
|---|---|
| header | 64 bytes |
| ops | 80 bytes each, at most 4096 |
| slots | 12 bytes each, at most 2048 |
| strings | begins with a NUL byte; every string is followed by NUL |
| blobs | bytes; each blob begins at a multiple of 8 |
| relocations | 16 bytes each; reserved, none in version 1.0 |

## Header

| offset | size | field |
|---|---|---|
| 0 | 4 | magic, \`COFR\` (0x52464f43) |
| 4 | 2 | major version, 1 |
| 6 | 2 | minor version, 0 |
| 8 | 4 | size of the whole image |
| 12 | 2 | kind of plan |
| 14 | 2 | flags, 0 |
| 16 | 8 | ops: offset, count |
| 24 | 8 | slots: offset, count |
| 32 | 8 | strings: offset, size in bytes |
| 40 | 8 | blobs: offset, size in bytes |
| 48 | 8 | relocations: offset, count |
| 56 | 8 | 0 |

## Op

| offset | size | field |
|---|---|---|
| 0 | 2 | code |
| 2 | 1 | phase |
| 3 | 1 | flags |
| 4 | 2 | slot that the op defines |
| 6 | 6 | three slots that the op uses |
| 12 | 4 | 0 |
| 16 | 24 | three data references: offset in their section, length |
| 40 | 40 | five 64-bit numbers |

A slot is the index of a row of the slot table; no slot is 0xffff. Fields that an op does not use are 0 (slots 0xffff).
A \`string\` (also a path or a name) refers to the string section: its length is without the NUL that must follow, and
it has no NUL inside. \`strings\` are several, one after the other, each with its NUL; the length counts the last NUL.
\`bytes\` refer to the blob section. A null reference is offset 0, length 0.

Numbers are unsigned; a signed one is in two's complement. A name list such as \`options\` of \`make-fs\` is \`strings\`.

## Slot

| offset | size | field |
|---|---|---|
| 0 | 1 | type |
| 1 | 1 | origin: 0 an op defines it, 1 it is an input of the launch |
| 2 | 2 | 0 |
| 4 | 8 | name, a string reference; inputs only |

## How a plan runs

Ops stand in the order of their phases. The launcher runs host and parent; the process that \`clone\` makes, init, runs
the others. After the clone each side has its own copy of the slots: init has those that its ops use. The two meet at
\`sync\` ops, numbered 1, 2, … on both sides. A slot is defined once, and used until an op moves or closes it.`;

/** Bytes of one struct sock_filter. */
export const INSTRUCTION_SIZE = 8;

/** Operation codes of linux/bpf_common.h that filters are made of. */
export const op = {
  loadWord: 0x20,
  and: 0x54,
  jump: 0x05,
  return: 0x06,
  eq: 0x15,
  gt: 0x25,
  ge: 0x35,
  set: 0x45,
} as const;

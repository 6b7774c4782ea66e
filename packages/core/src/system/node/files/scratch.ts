/**
 * One buffer for all reads, most of which are of a few bytes. One buffer for each read would wait long for a collection, as
 * V8 counts little of what is outside of its heap. Every process that Node starts costs the time to copy all of that
 * (docs/security/proof.md). What is in it holds until the next read: nobody keeps a part of it.
 */
export const scratch: Uint8Array = new Uint8Array(65536);

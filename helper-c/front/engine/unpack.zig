//! What zig's standard library does for the engine, within its linear memory: hashes, and unpacking of archives.
const std = @import("std");

const header_size = 10;
const trailer_size = 8;
const not_gzip: isize = -84; // EILSEQ
const too_long: isize = -27; // EFBIG

export fn front_sha256(bytes: [*]const u8, size: usize, ret_hash: *[32]u8) void {
    std.crypto.hash.sha2.Sha256.hash(bytes[0..size], ret_hash, .{});
}

export fn front_sha1(bytes: [*]const u8, size: usize, ret_hash: *[20]u8) void {
    std.crypto.hash.Sha1.hash(bytes[0..size], ret_hash, .{});
}

/// Tells damage from what was written, ten times as fast; it is no defence against somebody who writes.
export fn front_checksum(bytes: [*]const u8, size: usize, ret_sum: *[8]u8) void {
    std.mem.writeInt(u64, ret_sum, std.hash.XxHash64.hash(0, bytes[0..size]), .big);
}

/// Unpacks a gzip file (RFC 1952) without options, which nothing but zeros may follow. How many bytes it is, or an errno.
export fn front_gunzip(bytes: [*]const u8, size: usize, into: [*]u8, limit: usize) isize {
    const file = bytes[0..size];
    if (size < header_size + trailer_size) return not_gzip;
    if (!std.mem.eql(u8, file[0..4], &.{ 0x1f, 0x8b, 8, 0 })) return not_gzip;
    var reader: std.Io.Reader = .fixed(file[header_size..]);
    var decompress: std.compress.flate.Decompress = .init(&reader, .raw, &.{});
    var writer: std.Io.Writer = .fixed(into[0..limit]);
    const length = decompress.reader.streamRemaining(&writer) catch |failure|
        return if (failure == error.WriteFailed) too_long else not_gzip;
    const end = header_size + reader.seek;
    if (end + trailer_size > size) return not_gzip;
    const trailer = file[end..][0..trailer_size];
    if (std.mem.readInt(u32, trailer[0..4], .little) != std.hash.Crc32.hash(into[0..length])) return not_gzip;
    if (std.mem.readInt(u32, trailer[4..8], .little) != length) return not_gzip;
    for (file[end + trailer_size ..]) |byte| if (byte != 0) return not_gzip;
    return @intCast(length);
}

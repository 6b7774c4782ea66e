//! Cuts the section headers off an ELF program: the kernel reads program headers only, and init has no bytes to spare.
//!   strip-sections IN OUT
const std = @import("std");
const elf = std.elf;

pub fn main(init: std.process.Init) !void {
    const arena = init.arena.allocator();
    const args = try init.minimal.args.toSlice(arena);
    const cwd = std.Io.Dir.cwd();
    const bytes = try cwd.readFileAlloc(init.io, args[1], arena, .limited(1 << 20));
    var header: elf.Elf64_Ehdr = undefined;
    @memcpy(std.mem.asBytes(&header), bytes[0..@sizeOf(elf.Elf64_Ehdr)]);
    var end: usize = @sizeOf(elf.Elf64_Ehdr);
    for (0..header.e_phnum) |index| {
        var program: elf.Elf64_Phdr = undefined;
        const at = header.e_phoff + index * header.e_phentsize;
        @memcpy(std.mem.asBytes(&program), bytes[at..][0..@sizeOf(elf.Elf64_Phdr)]);
        end = @max(end, program.p_offset + program.p_filesz);
    }
    header.e_shoff = 0;
    header.e_shnum = 0;
    header.e_shstrndx = 0;
    @memcpy(bytes[0..@sizeOf(elf.Elf64_Ehdr)], std.mem.asBytes(&header));
    try cwd.writeFile(init.io, .{ .sub_path = args[2], .data = bytes[0..end], .flags = .{ .permissions = .executable_file } });
}

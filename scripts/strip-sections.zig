//! Cuts the section headers off an ELF program: the kernel reads program headers only, and init has no bytes to spare.
//!   strip-sections IN OUT
const std = @import("std");
const elf = std.elf;

const gnu_property = 0x6474e553;

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
        // What there is on aarch64 alone: that branches may only go to where the compiler meant them to.
        if (program.p_type == gnu_property and program.p_filesz == 0) {
            program.p_type = elf.PT_NULL;
            @memcpy(bytes[at..][0..@sizeOf(elf.Elf64_Phdr)], std.mem.asBytes(&program));
        }
        end = @max(end, program.p_offset + program.p_filesz);
    }
    // It is linked at address 0 and has no pointer in its data: the kernel may put it anywhere.
    header.e_type = .DYN;
    header.e_shoff = 0;
    header.e_shnum = 0;
    header.e_shstrndx = 0;
    @memcpy(bytes[0..@sizeOf(elf.Elf64_Ehdr)], std.mem.asBytes(&header));
    try cwd.writeFile(init.io, .{ .sub_path = args[2], .data = bytes[0..end], .flags = .{ .permissions = .executable_file } });
}

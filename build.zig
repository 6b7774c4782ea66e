// Builds what is written in C: the helper (with init inside it) for each architecture, and the verifier as wasm.
// Called by scripts/zig-build.mjs; needs zig 0.16.
const std = @import("std");

const Arch = struct { name: []const u8, cpu: std.Target.Cpu.Arch, headers: []const u8 };

const archs = [_]Arch{
    .{ .name = "x86_64", .cpu = .x86_64, .headers = "x86-linux-any" },
    .{ .name = "aarch64", .cpu = .aarch64, .headers = "aarch64-linux-any" },
};

pub fn build(b: *std.Build) !void {
    const flags = try readFlags(b);
    // Another folder of sources than the project's, so that the build itself can be tried with small ones.
    const source = b.option([]const u8, "source", "folder with plan, sys, launch and init") orelse "helper-c";
    // What is undefined traps: programs to be tested, which are larger.
    const traps = b.option(bool, "traps", "make undefined behaviour end the program") orelse false;
    install(b, (try addVerifier(b, source, flags)).getEmittedBin(), "plan.wasm");
    const programs = try readPrograms(b);
    for (archs) |arch| {
        const init = try addStatic(b, arch, "init", programs.init, source, flags, traps);
        const satellite = try addStatic(b, arch, "satellite", programs.satellite, source, flags, traps);
        const helper = try addStatic(b, arch, "coffer-helper", programs.launcher, source, flags, traps);
        // Of the text that a launcher has in memory this saves a page.
        helper.lto = .full;
        for ([_]*std.Build.Step.Compile{ init, satellite }) |program| {
            // Link-time optimisation makes init smaller: by 2,648 bytes for aarch64, by 816 for x86_64. The linker then
            // generates code that may lie anywhere only for a PIE.
            program.lto = .full;
            program.pie = true;
            program.setLinkerScript(b.path(b.pathJoin(&.{ source, "sys/image.ld" })));
            const image = stripSections(b, program);
            addImage(b, helper.root_module, program.name, image, if (program == init) .near else .apart);
            install(b, image, b.fmt("{s}-{s}", .{ program.name, arch.name }));
        }
        install(b, helper.getEmittedBin(), b.fmt("coffer-helper-{s}", .{arch.name}));
        const shim = try addShim(b, arch, source, flags);
        install(b, shim.getEmittedBin(), b.fmt("libwasi-{s}.a", .{arch.name}));
        const quiet = try addQuiet(b, arch, source, flags);
        install(b, quiet.getEmittedBin(), b.fmt("coffer-quiet-{s}.so", .{arch.name}));
    }
}

fn install(b: *std.Build, file: std.Build.LazyPath, name: []const u8) void {
    b.getInstallStep().dependOn(&b.addInstallFile(file, name).step);
}

fn stripSections(b: *std.Build, program: *std.Build.Step.Compile) std.Build.LazyPath {
    const module = b.createModule(.{ .root_source_file = b.path("scripts/strip-sections.zig"), .target = b.graph.host });
    const run = b.addRunArtifact(b.addExecutable(.{ .name = "strip-sections", .root_module = module }));
    run.addFileArg(program.getEmittedBin());
    return run.addOutputFileArg(program.name);
}

/// The verifier and the compiler of filters as a wasm module without imports.
fn addVerifier(b: *std.Build, source: []const u8, flags: []const []const u8) !*std.Build.Step.Compile {
    const module = addModule(b, b.resolveTargetQuery(.{ .cpu_arch = .wasm32, .os_tag = .freestanding }));
    for ([_][]const u8{ "plan", "plan/verify", "filter" }) |folder| try addFolder(b, module, source, folder, flags);
    const artifact = b.addExecutable(.{ .name = "plan", .root_module = module });
    artifact.entry = .disabled;
    artifact.rdynamic = true;
    artifact.stack_size = 16 << 10;
    return artifact;
}

/// A static program without a C library.
fn addStatic(
    b: *std.Build,
    arch: Arch,
    name: []const u8,
    folders: []const []const u8,
    source: []const u8,
    flags: []const []const u8,
    traps: bool,
) !*std.Build.Step.Compile {
    const target = b.resolveTargetQuery(.{ .cpu_arch = arch.cpu, .os_tag = .linux, .abi = .none });
    const module = addModule(b, target);
    if (traps) {
        module.sanitize_c = .trap;
        // Twice the code: some of it is more than 1 MiB from the variables.
        module.code_model = .default;
    }
    addKernelHeaders(b, module, arch);
    const hardened = try hardenedFlags(b, arch, flags);
    for (folders) |folder| try addFolder(b, module, source, folder, hardened);
    const artifact = b.addExecutable(.{ .name = name, .root_module = module });
    artifact.linkage = .static;
    // What the helper carries is linked at address 0 without anything to relocate (image.ld), and so may lie anywhere.
    const loads_itself = std.mem.eql(u8, name, "coffer-helper");
    artifact.pie = loads_itself;
    artifact.link_gc_sections = true;
    // Kernels for aarch64 have pages of 4, 16 or 64 KiB. Addresses, not bytes of the file: those have no gaps.
    artifact.link_z_max_page_size = if (arch.cpu == .aarch64) 65536 else 4096;
    // What is made read-only ends at the end of a page, whatever its size.
    artifact.link_z_common_page_size = if (loads_itself) artifact.link_z_max_page_size else 4096;
    artifact.link_z_relro = loads_itself;
    artifact.build_id = .none;
    return artifact;
}

/// What the program of a WebAssembly module is linked with. The module's own code may be large, so that nothing is near.
fn addShim(b: *std.Build, arch: Arch, source: []const u8, flags: []const []const u8) !*std.Build.Step.Compile {
    const module = addModule(b, b.resolveTargetQuery(.{ .cpu_arch = arch.cpu, .os_tag = .linux, .abi = .none }));
    module.code_model = .default;
    addKernelHeaders(b, module, arch);
    const hardened = try hardenedFlags(b, arch, flags);
    try addFolder(b, module, source, "wasm", hardened);
    module.addCSourceFile(.{ .file = b.path(b.pathJoin(&.{ source, "sys/calls.c" })), .flags = hardened });
    return b.addLibrary(.{ .name = b.fmt("wasi-{s}", .{arch.name}), .root_module = module, .linkage = .static });
}

/// What programs of the host are started with, whichever C library they have: it needs none of its own.
fn addQuiet(b: *std.Build, arch: Arch, source: []const u8, flags: []const []const u8) !*std.Build.Step.Compile {
    const module = addModule(b, b.resolveTargetQuery(.{ .cpu_arch = arch.cpu, .os_tag = .linux, .abi = .none }));
    module.code_model = .default;
    addKernelHeaders(b, module, arch);
    try addFolder(b, module, source, "quiet", flags);
    const library = b.addLibrary(.{ .name = "quiet", .root_module = module, .linkage = .dynamic });
    library.link_z_max_page_size = if (arch.cpu == .aarch64) 65536 else 4096;
    library.build_id = .none;
    return library;
}

fn addKernelHeaders(b: *std.Build, module: *std.Build.Module, arch: Arch) void {
    const include = b.fmt("{s}/libc/include", .{b.graph.zig_lib_directory.path orelse "."});
    for ([_][]const u8{ arch.headers, "any-linux-any" }) |headers| {
        module.addSystemIncludePath(.{ .cwd_relative = b.pathJoin(&.{ include, headers }) });
    }
}

/// What the compiler adds to code that meets hostile data. Last: zig puts `-fno-stack-protector` before the flags of files.
fn hardenedFlags(b: *std.Build, arch: Arch, flags: []const []const u8) ![]const []const u8 {
    const more = [_][]const u8{ "-fstack-protector-strong", "-mstack-protector-guard=global", "-fdirect-access-external-data", "-ftrivial-auto-var-init=zero" };
    const of_arch: []const []const u8 = if (arch.cpu == .aarch64) &.{"-mbranch-protection=standard"} else &.{};
    return std.mem.concat(b.allocator, []const u8, &.{ flags, &more, of_arch });
}

fn addModule(b: *std.Build, target: std.Build.ResolvedTarget) *std.Build.Module {
    return b.createModule(.{
        .target = target,
        .optimize = .ReleaseSmall,
        .strip = true,
        .unwind_tables = .none,
        .stack_protector = false,
        .stack_check = false,
        .sanitize_c = .off,
        .single_threaded = true,
        .omit_frame_pointer = true,
        .code_model = if (target.result.cpu.arch == .aarch64) .tiny else .default,
        .pic = target.result.cpu.arch != .wasm32,
        .link_libc = false,
    });
}

/// Where the bytes of a program are. The kernel maps what is near a page that is read: what few plans need is apart, with what
/// is read-only after relocation, of which it maps a page when that is touched.
const Place = enum { near, apart };

/// Carries the bytes of a program in the helper, between the symbols `NAME_image` and `NAME_image_end`.
fn addImage(b: *std.Build, module: *std.Build.Module, name: []const u8, program: std.Build.LazyPath, place: Place) void {
    const text =
        \\.section {1s}.{0s}_image, "{2s}"
        \\.balign {3s}
        \\.globl {0s}_image, {0s}_image_end
        \\.hidden {0s}_image, {0s}_image_end
        \\{0s}_image: .incbin "{0s}"
        \\{0s}_image_end:
        \\.if ({0s}_image_end - {0s}_image) % 4096 > 2048 /* What is relocated comes next, in one page. */
        \\.balign {3s}
        \\.endif
        \\.section .note.GNU-stack, "", %progbits
        \\#ifdef __aarch64__ /* BTI and PAC, as the C objects say: the linker wants it of all */
        \\.section .note.gnu.property, "a"
        \\.balign 8
        \\.word 4, 16, 5, 0x554e47, 0xc0000000, 4, 3, 0
        \\#endif
        \\
    ;
    const files = b.addWriteFiles();
    const assembly = files.add(b.fmt("{s}-image.S", .{name}), b.fmt(text, switch (place) {
        .near => .{ name, ".rodata", "a", "16" },
        .apart => .{ name, ".data.rel.ro", "aw", "4096" },
    }));
    _ = files.addCopyFile(program, name);
    module.addIncludePath(files.getDirectory());
    module.addCSourceFile(.{ .file = assembly, .language = .assembly_with_preprocessor });
}

/// All C files of a folder, so that a new one needs no word here. `wasm.c` is for wasm alone.
fn addFolder(
    b: *std.Build,
    module: *std.Build.Module,
    source: []const u8,
    folder: []const u8,
    flags: []const []const u8,
) !void {
    const io = b.graph.io;
    const path = b.pathJoin(&.{ source, folder });
    const native = module.resolved_target.?.result.cpu.arch != .wasm32;
    var names: std.ArrayList([]const u8) = .empty;
    var dir = try b.build_root.handle.openDir(io, path, .{ .iterate = true });
    defer dir.close(io);
    var entries = dir.iterate();
    while (try entries.next(io)) |entry| {
        if (!std.mem.endsWith(u8, entry.name, ".c")) continue;
        if (native and std.mem.eql(u8, entry.name, "wasm.c")) continue;
        try names.append(b.allocator, b.dupe(entry.name));
    }
    std.mem.sort([]const u8, names.items, {}, lessThan);
    module.addIncludePath(b.path(source));
    module.addCSourceFiles(.{ .root = b.path(path), .files = names.items, .flags = flags });
}

fn lessThan(_: void, left: []const u8, right: []const u8) bool {
    return std.mem.order(u8, left, right) == .lt;
}

/// The folders of each program. The checks of the C parts and the tests read that file too.
const Programs = struct { init: []const []const u8, satellite: []const []const u8, launcher: []const []const u8 };

fn readPrograms(b: *std.Build) !Programs {
    const text = try b.build_root.handle.readFileAlloc(b.graph.io, "helper-c/programs.json", b.allocator, .limited(1 << 16));
    return std.json.parseFromSliceLeaky(Programs, b.allocator, text, .{});
}

/// The one list of flags, which clangd and clang-tidy read too. Include paths are set above.
fn readFlags(b: *std.Build) ![]const []const u8 {
    const text = try b.build_root.handle.readFileAlloc(b.graph.io, "helper-c/compile_flags.txt", b.allocator, .limited(1 << 16));
    var flags: std.ArrayList([]const u8) = .empty;
    var lines = std.mem.tokenizeScalar(u8, text, '\n');
    while (lines.next()) |line| {
        if (!std.mem.startsWith(u8, line, "-I")) try flags.append(b.allocator, line);
    }
    return flags.items;
}

/* For compilers that put no function into another: an access to linear memory is one access, at its
 * address, without a call. Included behind the definitions of the translation. */
#pragma once
#ifdef __TINYC__
#define AT(type, addr) (*(volatile type *)(WASM_MEMORY + (u64)(addr)))
#define i32_load(mem, addr) AT(u32, addr)
#define i64_load(mem, addr) AT(u64, addr)
#define f32_load(mem, addr) AT(f32, addr)
#define f64_load(mem, addr) AT(f64, addr)
#define i32_load8_s(mem, addr) ((u32)(s32)AT(s8, addr))
#define i64_load8_s(mem, addr) ((u64)(s64)AT(s8, addr))
#define i32_load8_u(mem, addr) ((u32)AT(u8, addr))
#define i64_load8_u(mem, addr) ((u64)AT(u8, addr))
#define i32_load16_s(mem, addr) ((u32)(s32)AT(s16, addr))
#define i64_load16_s(mem, addr) ((u64)(s64)AT(s16, addr))
#define i32_load16_u(mem, addr) ((u32)AT(u16, addr))
#define i64_load16_u(mem, addr) ((u64)AT(u16, addr))
#define i64_load32_s(mem, addr) ((u64)(s64)AT(s32, addr))
#define i64_load32_u(mem, addr) ((u64)AT(u32, addr))
#define i32_store(mem, addr, value) (AT(u32, addr) = (value))
#define i64_store(mem, addr, value) (AT(u64, addr) = (value))
#define f32_store(mem, addr, value) (AT(f32, addr) = (value))
#define f64_store(mem, addr, value) (AT(f64, addr) = (value))
#define i32_store8(mem, addr, value) (AT(u8, addr) = (u8)(value))
#define i32_store16(mem, addr, value) (AT(u16, addr) = (u16)(value))
#define i64_store8(mem, addr, value) (AT(u8, addr) = (u8)(value))
#define i64_store16(mem, addr, value) (AT(u16, addr) = (u16)(value))
#define i64_store32(mem, addr, value) (AT(u32, addr) = (u32)(value))
#endif

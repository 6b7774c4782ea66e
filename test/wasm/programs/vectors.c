/* Computes with vectors of 128 bits, edges among them, and prints a checksum for each operation: V8
 * has to say the same. */
#include <stdint.h>
#include <stdio.h>
#include <wasm_simd128.h>

#define ROUNDS 2000

static uint64_t state = 88172645463325252u;

static uint64_t next(void)
{
	static const uint64_t edges[] = {0,
					 0x7fffffff80000000,
					 0xffffffffffffffff,
					 0x7f800000ff800000,
					 0x8000000000000000,
					 0x3f000000bf000000,
					 0x41dfffffffe00000,
					 0x00ff807f80010101};

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % 4 == 0 ? edges[(state >> 8) % 8] : state;
}

static v128_t any(void)
{
	return wasm_i64x2_make((long long)next(), (long long)next());
}

static uint64_t sum;

static void add(v128_t value)
{
	sum = (sum ^ (uint64_t)wasm_i64x2_extract_lane(value, 0)) * 1099511628211u;
	sum = (sum ^ (uint64_t)wasm_i64x2_extract_lane(value, 1)) * 1099511628211u;
}

/* The bits of a NaN are the engine's own. */
static void add_floats(v128_t value)
{
	add(wasm_v128_bitselect(value, wasm_i32x4_splat(1), wasm_f32x4_eq(value, value)));
}

static void add_doubles(v128_t value)
{
	add(wasm_v128_bitselect(value, wasm_i64x2_splat(1), wasm_f64x2_eq(value, value)));
}

#define EACH(name, adds, expression)                   \
	sum = 0;                                       \
	for (int round = 0; round < ROUNDS; round++) { \
		v128_t a = any(), b = any();           \
		int n = (int)next();                   \
		(void)b;                               \
		(void)n;                               \
		adds(wasm_##expression);               \
	}                                              \
	printf("%s %016llx\n", name, (unsigned long long)sum)
#define TWO(name) EACH(#name, add, name(a, b))
#define ONE(name) EACH(#name, add, name(a))
#define SHIFT(name) EACH(#name, add, name(a, n))
#define FLOATS(name) EACH(#name, add_floats, name(a, b))
#define DOUBLES(name) EACH(#name, add_doubles, name(a, b))

static unsigned char memory[256];

static void integers(void)
{
	TWO(i8x16_add), TWO(i8x16_sub), TWO(i8x16_add_sat), TWO(u8x16_sub_sat);
	TWO(i16x8_mul), TWO(i32x4_mul), TWO(i64x2_mul), TWO(i16x8_q15mulr_sat);
	TWO(i8x16_min), TWO(u16x8_max), TWO(u8x16_avgr), TWO(i32x4_dot_i16x8);
	TWO(i8x16_swizzle), TWO(i8x16_narrow_i16x8), TWO(u8x16_narrow_i16x8);
	TWO(i16x8_narrow_i32x4), TWO(u16x8_narrow_i32x4);
	TWO(i64x2_extmul_high_i32x4), TWO(u32x4_extmul_low_u16x8), TWO(i16x8_extmul_low_i8x16);
	TWO(i8x16_eq), TWO(i16x8_lt), TWO(u32x4_ge), TWO(i64x2_gt), TWO(v128_andnot);
	ONE(i8x16_abs), ONE(i16x8_neg), ONE(i8x16_popcnt), ONE(i64x2_abs);
	ONE(i16x8_extend_low_i8x16), ONE(u64x2_extend_high_u32x4);
	ONE(i16x8_extadd_pairwise_i8x16), ONE(u32x4_extadd_pairwise_u16x8);
	SHIFT(i8x16_shl), SHIFT(i16x8_shr), SHIFT(u32x4_shr), SHIFT(i64x2_shr);
	EACH("bitmasks", add,
	     i32x4_make(wasm_i8x16_bitmask(a), wasm_i16x8_bitmask(a), wasm_i32x4_bitmask(b),
			wasm_i64x2_all_true(a)));
	EACH("shuffle", add,
	     i8x16_shuffle(a, b, 0, 31, 2, 29, 4, 27, 6, 25, 1, 1, 17, 17, 9, 8, 7, 6));
}

static void floats(void)
{
	FLOATS(f32x4_add), FLOATS(f32x4_mul), FLOATS(f32x4_div), FLOATS(f32x4_min);
	FLOATS(f32x4_max), FLOATS(f32x4_pmin), FLOATS(f32x4_pmax);
	DOUBLES(f64x2_sub), DOUBLES(f64x2_div), DOUBLES(f64x2_min), DOUBLES(f64x2_pmax);
	EACH("f32x4_sqrt", add_floats, f32x4_sqrt(a));
	EACH("f32x4_nearest", add_floats, f32x4_nearest(a));
	EACH("f64x2_ceil", add_doubles, f64x2_ceil(a));
	EACH("f64x2_trunc", add_doubles, f64x2_trunc(a));
	TWO(f32x4_lt), TWO(f64x2_ge), TWO(f32x4_ne);
	ONE(i32x4_trunc_sat_f32x4), ONE(u32x4_trunc_sat_f32x4);
	ONE(i32x4_trunc_sat_f64x2_zero), ONE(u32x4_trunc_sat_f64x2_zero);
	EACH("f32x4_convert", add_floats, f32x4_convert_u32x4(a));
	EACH("f64x2_convert", add_doubles, f64x2_convert_low_i32x4(a));
	EACH("f32x4_demote", add_floats, f32x4_demote_f64x2_zero(a));
	EACH("f64x2_promote", add_doubles, f64x2_promote_low_f32x4(a));
}

static void loads(void)
{
	for (int at = 0; at < 256; at++)
		memory[at] = (unsigned char)(at * 37 + 11);
	sum = 0;
	for (int at = 0; at < 200; at++) {
		v128_t value = wasm_v128_load(memory + at);

		add(value);
		add(wasm_v128_load8_splat(memory + at));
		add(wasm_i16x8_load8x8(memory + at));
		add(wasm_u64x2_load32x2(memory + at));
		add(wasm_v128_load32_zero(memory + at));
		add(wasm_v128_load16_lane(memory + at, value, 5));
		wasm_v128_store32_lane(memory + at + 3, value, 2);
		wasm_v128_store(memory + 255 - 16 - at, value);
	}
	printf("loads %016llx\n", (unsigned long long)sum);
}

int main(void)
{
	integers();
	floats();
	loads();
	return 0;
}

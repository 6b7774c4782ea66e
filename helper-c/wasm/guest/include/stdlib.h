#pragma once
#include <stddef.h>
#define abort __builtin_trap

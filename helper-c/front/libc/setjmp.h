/* dtoa.c of QuickJS includes this header and uses nothing of it; WebAssembly has no setjmp. */

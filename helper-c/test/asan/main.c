/* Init as a program of libc, which the address sanitizer needs. */
__attribute__((noreturn)) void start_main(long argc, char **argv, char **envp);

const char *__asan_default_options(void);

/* Init has no environment to say it in. */
const char *__asan_default_options(void)
{
	return "symbolize=0:detect_leaks=0:exitcode=99";
}

int main(int argc, char **argv, char **envp)
{
	start_main(argc, argv, envp);
}

/* Prints its arguments and a variable, copies its input, and ends with the status that is its first
 * argument. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char buffer[64];
	long got;

	for (int n = 1; n < argc; n++)
		printf("arg %s\n", argv[n]);
	printf("FOO %s\n", getenv("FOO") ? getenv("FOO") : "is not set");
	fflush(stdout);
	while ((got = read(0, buffer, sizeof(buffer))) > 0)
		(void)!write(1, buffer, (size_t)got);
	fputs("to stderr\n", stderr);
	return argc > 1 ? atoi(argv[1]) : 0;
}

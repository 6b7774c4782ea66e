/* Prints its arguments and a variable, and ends with the status that is its first argument. It does
 * not read: containerd's ctr(8) never ends what is read from it. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	for (int n = 1; n < argc; n++)
		printf("arg %s\n", argv[n]);
	printf("FOO %s\n", getenv("FOO") ? getenv("FOO") : "is not set");
	return argc > 1 ? atoi(argv[1]) : 0;
}

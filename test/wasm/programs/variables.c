/* Prints all its variables. */
#include <stdio.h>
#include <unistd.h>

extern char **environ;

int main(void)
{
	for (char **variable = environ; variable != NULL && *variable != NULL; variable++)
		puts(*variable);
	puts("no more");
	return 0;
}

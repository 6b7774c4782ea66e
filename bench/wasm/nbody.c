/* Five bodies, three million steps: floating point. */
#include <math.h>
#include <stdio.h>

#define BODIES 5
#define STEPS 3000000

static double place[BODIES][3], speed[BODIES][3], mass[BODIES];

static void step(double time)
{
	for (int i = 0; i < BODIES; i++)
		for (int j = i + 1; j < BODIES; j++) {
			double way[3], square = 0, pull;

			for (int k = 0; k < 3; k++) {
				way[k] = place[i][k] - place[j][k];
				square += way[k] * way[k];
			}
			pull = time / (square * sqrt(square));
			for (int k = 0; k < 3; k++) {
				speed[i][k] -= way[k] * mass[j] * pull;
				speed[j][k] += way[k] * mass[i] * pull;
			}
		}
	for (int i = 0; i < BODIES; i++)
		for (int k = 0; k < 3; k++)
			place[i][k] += time * speed[i][k];
}

int main(void)
{
	for (int i = 0; i < BODIES; i++) {
		mass[i] = 1.0 / (i + 1);
		for (int k = 0; k < 3; k++) {
			place[i][k] = i * 1.7 + k;
			speed[i][k] = 0.1 * i - k * 0.05;
		}
	}
	for (int n = 0; n < STEPS; n++)
		step(0.001);
	printf("%.9f\n", place[0][0]);
	return 0;
}

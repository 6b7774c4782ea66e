/** The native front starts no program of the caller's: a long answer is printed. */
export function startPager(_command: string, _text: string): boolean {
  return false;
}

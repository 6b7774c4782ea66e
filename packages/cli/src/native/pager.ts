/** The native front starts no program of the caller's: without Node a long answer is printed. */
export function startPager(_command: string, _text: string): boolean {
  return false;
}

// The end of the process when all has been told.

/** Ends the process after a while, whatever keeps it, but for output that nobody has read yet. */
export function leaveLater(ms: number): void {
  setTimeout(() => {
    if (process.stdout.writableLength + process.stderr.writableLength > 0) leaveLater(ms);
    else process.exit();
  }, ms).unref();
}

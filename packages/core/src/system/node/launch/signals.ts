// The launcher lives in a session of its own, so that a key on the terminal reaches the container once: through here.

const forwarded = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGTERM",
  "SIGUSR1",
  "SIGUSR2",
  "SIGCONT",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGWINCH",
] as const;

/** Passes the signals that this process gets on to another, until the returned function is called. */
export function forwardSignals(send: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of forwarded) process.on(signal, send);
  return () => {
    for (const signal of forwarded) process.removeListener(signal, send);
  };
}

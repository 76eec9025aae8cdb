/** The first signal asks for a clean stop; the second one ends the process at once. */
export function onShutdownSignals(stop: (signal: NodeJS.Signals) => void): void {
  let asked = false;
  const receive = (signal: NodeJS.Signals) => {
    if (asked) process.exit(130);
    asked = true;
    stop(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, receive);
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

type Reader = (output: string) => TestCounts | undefined;

function counts(passed: string | undefined, failed: string | undefined): TestCounts | undefined {
  if (passed === undefined && failed === undefined) return undefined;
  return { passed: Number(passed ?? 0), failed: Number(failed ?? 0) };
}

/** The last of what a pattern captures: the summary comes at the end. */
function last(output: string, pattern: RegExp): string | undefined {
  return [...output.matchAll(pattern)].at(-1)?.[1];
}

const node: Reader = (output) => counts(last(output, /^(?:#|ℹ) pass (\d+)$/gm), last(output, /^(?:#|ℹ) fail (\d+)$/gm));

const cargo: Reader = (output) => {
  const all = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed/gm)];
  if (all.length === 0) return undefined;
  const sum = (group: number) => all.reduce((total, match) => total + Number(match[group]), 0);
  return { passed: sum(1), failed: sum(2) };
};

/** `3 passed, 1 failed in 0.1s`, `Tests  1 failed | 3 passed (4)`, `Tests: 1 failed, 3 passed, 4 total`. */
const summaryLine: Reader = (output) => {
  const lines = output.split('\n').filter((line) => /^\s*(?:=+ |Tests:? +)?.*\d+ (?:passed|failed)/.test(line));
  const line = lines.findLast((text) => /^\s*Tests\b/.test(text)) ?? lines.at(-1);
  if (line === undefined) return undefined;
  return counts(/(\d+) passed/.exec(line)?.[1], /(\d+) failed/.exec(line)?.[1]);
};

const dotnet: Reader = (output) => {
  const match = /Failed:\s*(\d+), Passed:\s*(\d+)/.exec(output);
  return match ? counts(match[2], match[1]) : undefined;
};

/** How many tests ran, where the output says so in a known way. */
export function testCounts(output: string): TestCounts | undefined {
  for (const read of [node, cargo, dotnet, summaryLine]) {
    const found = read(output);
    if (found) return found;
  }
  return undefined;
}

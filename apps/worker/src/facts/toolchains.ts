import { availableParallelism } from 'node:os';
import type { Toolchain } from '@coorchat/contracts';
import { type CommandSearch, findCommand } from './command-search.js';
import { mapBounded, runProbe } from './run-probe.js';

interface Probe {
  readonly name: string;
  /** Tried in this order. */
  readonly commands: readonly string[];
  readonly args: readonly string[];
}

const VERSION = ['--version'];
const PIP_VERSION = "from importlib.metadata import version; print(version('pip'))";

function probe(name: string, options: { commands?: readonly string[]; args?: readonly string[] } = {}): Probe {
  return { name, commands: options.commands ?? [name], args: options.args ?? VERSION };
}

export const TOOLCHAIN_PROBES: readonly Probe[] = [
  probe('node'),
  probe('npm'),
  probe('pnpm'),
  probe('yarn'),
  probe('deno'),
  probe('bun'),
  probe('python', { commands: ['python3', 'python'] }),
  // pip itself takes more than a second to say its version.
  probe('pip', { commands: ['python3', 'python'], args: ['-c', PIP_VERSION] }),
  probe('uv'),
  probe('java', { args: ['-version'] }),
  probe('maven', { commands: ['mvn'] }),
  probe('gradle'),
  probe('kotlin', { args: ['-version'] }),
  probe('go', { args: ['version'] }),
  probe('rust', { commands: ['rustc'] }),
  probe('cargo'),
  probe('dotnet'),
  probe('ruby'),
  probe('php'),
  probe('perl', { args: ['-e', 'print $^V'] }),
  probe('swift'),
  probe('xcode', { commands: ['xcodebuild'], args: ['-version'] }),
  probe('gcc'),
  probe('clang'),
  probe('make'),
  probe('cmake'),
  probe('git'),
  probe('docker'),
  probe('podman'),
  probe('kubectl', { args: ['version', '--client'] }),
  probe('terraform', { args: ['version'] }),
  probe('elixir'),
  probe('ghc'),
  probe('zig', { args: ['version'] }),
];

/** More than there are processors would only make each one slower, up to its timeout. */
const AT_ONCE = Math.min(6, Math.max(2, availableParallelism()));

/** The first version number in what a tool prints about itself. */
export function versionIn(text: string): string | undefined {
  return /(?:^|[^\d.])v?(\d+\.\d+(?:\.\d+)*)/.exec(text)?.[1];
}

/** Programs that start others, as npm starts node, find what a task's would find. */
function taskEnvironment({ path, visible }: CommandSearch): Record<string, string> | undefined {
  return visible && { PATH: path, LANG: 'C.UTF-8' };
}

async function detect({ name, commands, args }: Probe, search: CommandSearch): Promise<Toolchain | undefined> {
  for (const command of commands) {
    const program = await findCommand(command, search);
    const output = program === undefined ? undefined : await runProbe(program, args, { env: taskEnvironment(search) });
    const version = output === undefined ? undefined : versionIn(output);
    if (version !== undefined) return { name, version };
  }
  return undefined;
}

export interface ToolchainScope {
  /** When given, only these are looked for. */
  readonly allowed?: readonly string[] | undefined;
  readonly search: CommandSearch;
}

/** What is on the path and can be used by a task. */
export async function detectToolchains({ allowed, search }: ToolchainScope): Promise<Toolchain[]> {
  const probes = TOOLCHAIN_PROBES.filter(({ name }) => allowed === undefined || allowed.includes(name));
  const found = await mapBounded(probes, AT_ONCE, (each) => detect(each, search));
  return found.filter((toolchain) => toolchain !== undefined);
}

import { withMemoryLimit } from './memory-limit.js';
import { Sandbox, type SandboxedCommand, type SandboxSpec } from './sandbox.port.js';
import { SYSTEM_FOLDERS, systemView } from './system-view.js';

export interface BubblewrapOptions {
  /** Path of `bwrap`. */
  readonly program: string;
  /** Whether this bubblewrap can forbid namespaces inside of the sandbox, which new ones can. */
  readonly disableUserns: boolean;
  /** Folders that the machine's owner shows to all tasks, read-only: toolchains outside of /usr. */
  readonly readable?: readonly string[];
}

const HOME = '/home/coorchat';
const TEMPORARY_BYTES = 2 * 1024 ** 3;
/** Enough to find `bwrap`'s own helpers; the command does not see it. */
const OUTER_ENV = { PATH: '/usr/local/bin:/usr/bin:/bin' };

const ISOLATION = ['--unshare-all', '--unshare-user', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'];
const OWN_FOLDERS = [
  ...['--proc', '/proc'],
  ...['--dev', '/dev'],
  ...['--size', `${TEMPORARY_BYTES}`, '--tmpfs', '/tmp'],
  ...['--size', `${TEMPORARY_BYTES}`, '--tmpfs', '/home'],
  ...['--dir', HOME],
  ...['--symlink', '/tmp', '/var/tmp'],
];

/** Outer folders first, so that what is named inside of them lies on top. */
function binds({ writable, readable }: SandboxSpec, always: readonly string[]): string[] {
  const all = [
    ...[...always, ...readable].map((path) => ({ path, flag: '--ro-bind-try' })),
    ...writable.map((path) => ({ path, flag: '--bind' })),
  ];
  return all.toSorted((a, b) => a.path.length - b.path.length).flatMap(({ path, flag }) => [flag, path, path]);
}

function environment(env: SandboxSpec['env']): string[] {
  return ['--clearenv', ...Object.entries({ HOME, ...env }).flatMap(([name, value]) => ['--setenv', name, value])];
}

/** Linux namespaces by bubblewrap: no home, no other processes, no network unless granted, nothing else to write. */
export class BubblewrapSandbox extends Sandbox {
  readonly kind = 'bubblewrap';
  readonly visible: readonly string[];

  constructor(private readonly options: BubblewrapOptions) {
    super();
    this.visible = [...SYSTEM_FOLDERS, ...(options.readable ?? [])];
  }

  wrap(spec: SandboxSpec): SandboxedCommand {
    const { program, disableUserns, readable = [] } = this.options;
    const args = [
      ...ISOLATION,
      ...(disableUserns ? ['--disable-userns'] : []),
      ...(spec.network ? ['--share-net'] : []),
      ...systemView(spec),
      ...OWN_FOLDERS,
      ...binds(spec, readable),
      ...['--remount-ro', '/'],
      ...environment(spec.env),
      ...['--chdir', spec.cwd],
      '--',
      ...withMemoryLimit(spec),
    ];
    return { command: program, args, env: OUTER_ENV };
  }
}

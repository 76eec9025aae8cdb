import { devNull } from 'node:os';

export type GitProtocol = 'file' | 'https' | 'http' | 'ssh';

/** On the command line they win over whatever a repository's own configuration says. */
const SAFE_CONFIG: Readonly<Record<string, string>> = {
  'core.hooksPath': devNull,
  'core.fsmonitor': 'false',
  'core.untrackedCache': 'false',
  'core.pager': 'cat',
  'core.editor': 'true',
  'core.autocrlf': 'false',
  'core.quotePath': 'false',
  'core.protectHFS': 'true',
  'core.protectNTFS': 'true',
  'commit.gpgSign': 'false',
  'tag.gpgSign': 'false',
  'merge.verifySignatures': 'false',
  'gc.auto': '0',
  // Without them a bundle holds all that its prerequisites' trees lack, for receivers that know no older history.
  'pack.useBitmaps': 'false',
  'maintenance.auto': 'false',
  'submodule.recurse': 'false',
  'fetch.recurseSubmodules': 'false',
  'push.recurseSubmodules': 'no',
  'protocol.allow': 'never',
  'advice.addEmbeddedRepo': 'false',
  'safe.directory': '*',
};

export function configArguments(extra: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries({ ...SAFE_CONFIG, ...extra }).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}

/** Variables of the operating system without which programs do not start. */
const SYSTEM_VARIABLES = ['PATH', 'SystemRoot', 'SYSTEMROOT', 'windir', 'COMSPEC', 'PATHEXT', 'TEMP', 'TMP', 'TMPDIR'];
/** What the operator's own git needs to reach private repositories. */
const OPERATOR_VARIABLES = [
  'HOME',
  'USERPROFILE',
  'APPDATA',
  'XDG_CONFIG_HOME',
  'SSH_AUTH_SOCK',
  'GIT_SSH_COMMAND',
  'GIT_SSH',
  'GIT_SSL_CAINFO',
  'GIT_CONFIG_GLOBAL',
  'SSL_CERT_FILE',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'https_proxy',
  'http_proxy',
  'no_proxy',
];

type Environment = Readonly<Record<string, string | undefined>>;

function pick(source: Environment, names: readonly string[]): Record<string, string> {
  const entries = names.map((name) => [name, source[name]] as const);
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

export interface GitEnvironmentOptions {
  readonly protocols?: readonly GitProtocol[];
  /**
   * `none`: no configuration but the repository's own. `operator`: also the configuration and credentials of
   * the person who runs this process; only for trusted remotes.
   */
  readonly identity?: 'none' | 'operator';
  readonly source?: Environment;
}

/** The whole environment of a git process. */
export function gitEnvironment(options: GitEnvironmentOptions = {}): Record<string, string> {
  // eslint-disable-next-line no-restricted-syntax -- the environment that git inherits, not configuration of ours
  const source = options.source ?? process.env;
  const operator = options.identity === 'operator';
  return {
    ...pick(source, SYSTEM_VARIABLES),
    ...(operator
      ? pick(source, OPERATOR_VARIABLES)
      : { HOME: devNull, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: devNull, GIT_ATTR_NOSYSTEM: '1' }),
    LANG: 'C',
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    SSH_ASKPASS: 'true',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_LITERAL_PATHSPECS: '1',
    // An allow-list in the environment wins over protocol.* in any configuration; empty allows nothing.
    GIT_ALLOW_PROTOCOL: (options.protocols ?? []).join(':'),
    ...(operator ? {} : { GIT_SSH_COMMAND: 'ssh -oBatchMode=yes' }),
  };
}

const IDENTITY = { name: 'CoorChat worker', email: 'worker@coorchat.invalid' };

/** Who commits when nobody said otherwise. */
export function identityEnvironment(): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: IDENTITY.name,
    GIT_AUTHOR_EMAIL: IDENTITY.email,
    GIT_COMMITTER_NAME: IDENTITY.name,
    GIT_COMMITTER_EMAIL: IDENTITY.email,
  };
}

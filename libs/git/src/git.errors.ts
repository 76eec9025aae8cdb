import { AppError, type ErrorKind } from '@coorchat/kernel';

export type GitErrorCode =
  /** No `git` on the path. */
  | 'git.not_installed'
  | 'git.timeout'
  /** The output is larger than the caller allows. */
  | 'git.output_too_large'
  /** Another exit code than the caller expects; `stderr` says why. */
  | 'git.failed'
  /** A bundle, or a repository that came from elsewhere, is not what was announced. */
  | 'git.bundle_malformed'
  | 'git.bundle_too_large'
  | 'git.bundle_unexpected_ref'
  | 'git.bundle_object_format'
  | 'git.bundle_prerequisite_missing'
  | 'git.bundle_corrupt'
  | 'git.bundle_incomplete'
  | 'git.not_a_repository';

const KINDS: Record<GitErrorCode, ErrorKind> = {
  'git.not_installed': 'precondition',
  'git.timeout': 'timeout',
  'git.output_too_large': 'quota',
  'git.failed': 'internal',
  'git.bundle_malformed': 'invalid',
  'git.bundle_too_large': 'quota',
  'git.bundle_unexpected_ref': 'invalid',
  'git.bundle_object_format': 'invalid',
  'git.bundle_prerequisite_missing': 'precondition',
  'git.bundle_corrupt': 'invalid',
  'git.bundle_incomplete': 'invalid',
  'git.not_a_repository': 'not_found',
};

export interface GitErrorOptions {
  readonly code: GitErrorCode;
  readonly message: string;
  readonly exitCode?: number;
  /** What git wrote to stderr, without credentials, shortened. */
  readonly stderr?: string;
  readonly cause?: unknown;
}

export class GitError extends AppError {
  declare readonly code: GitErrorCode;
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(options: GitErrorOptions) {
    super({ code: options.code, kind: KINDS[options.code], message: options.message, cause: options.cause });
    this.name = 'GitError';
    this.exitCode = options.exitCode;
    this.stderr = options.stderr ?? '';
  }
}

/** Git repeats the URL that it dialled, with whatever an operator's configuration put into it. */
export function withoutCredentials(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1');
}

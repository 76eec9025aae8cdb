import { GitError } from '@coorchat/git';
import { AttemptFailure } from '../attempt/attempt.errors.js';

/** No clone, bundle or permitted remote has the base commit: another machine may. */
export function baseMissing(url: string, base: string): AttemptFailure {
  return new AttemptFailure({
    class: 'worker',
    code: 'worker.base_missing',
    message: `This machine has no way to obtain commit ${base} of ${url}`,
  });
}

export function repositoryMissing(url: string): AttemptFailure {
  return new AttemptFailure({
    class: 'worker',
    code: 'worker.repository_missing',
    message: `This machine has no clone of ${url}, and may not clone it`,
  });
}

/** The remote may be out of this machine's reach alone, or its owner's credentials not good for it. */
export function remoteFailed(url: string, error: unknown): unknown {
  if (!(error instanceof GitError) || error.code !== 'git.failed') return error;
  return new AttemptFailure({
    class: 'worker',
    code: 'worker.remote_failed',
    message: `This machine cannot fetch ${url}: ${error.stderr || error.message}`,
    cause: error,
  });
}

export function tooLargeToShare(url: string, bytes: number, maxBytes: number): AttemptFailure {
  return new AttemptFailure({
    class: 'task',
    code: 'worker.repository_too_large',
    message: `${url} is too large: one commit without its history has ${bytes} bytes, and ${maxBytes} are allowed`,
  });
}

export function refMissing(ref: string, url: string): AttemptFailure {
  return new AttemptFailure({
    class: 'task',
    code: 'worker.ref_not_found',
    message: `${ref} is no branch, tag or commit of ${url} on this machine`,
  });
}

export function mergeConflict(key: string, files: readonly string[]): AttemptFailure {
  return new AttemptFailure({
    class: 'conflict',
    code: 'worker.merge_conflict',
    message: `The commits of "${key}" do not merge with those before: ${files.slice(0, 20).join(', ')}`,
    details: { files, upstream: key },
  });
}

export function submoduleChange(paths: readonly string[]): AttemptFailure {
  return new AttemptFailure({
    class: 'task',
    code: 'worker.submodule_change',
    message: `Submodules and repositories inside the repository cannot be delivered: ${paths.slice(0, 20).join(', ')}`,
    details: { files: paths },
  });
}

export function unfinishedMerge(files: readonly string[]): AttemptFailure {
  return new AttemptFailure({
    class: 'task',
    code: 'worker.unfinished_merge',
    message: `The task left conflicts unresolved: ${files.slice(0, 20).join(', ')}`,
    details: { files },
  });
}

export function brokenWorkspace(problem: string, cause?: unknown): AttemptFailure {
  return new AttemptFailure({
    class: 'task',
    code: 'worker.workspace_broken',
    message: `The task left its repository unusable: ${problem}`,
    cause,
  });
}

/** A git fault in what a task made is the task's; timeouts and a missing git keep their own meaning. */
export function taskFault(error: unknown): unknown {
  if (!(error instanceof GitError) || error.code === 'git.timeout' || error.code === 'git.not_installed') return error;
  return brokenWorkspace(error.message, error);
}

/** A git fault before the task began is the machine's: another one may do better. */
export function machineFault(error: unknown): unknown {
  if (!(error instanceof GitError)) return error;
  return new AttemptFailure({ class: 'worker', code: 'worker.git_failed', message: error.message, cause: error });
}

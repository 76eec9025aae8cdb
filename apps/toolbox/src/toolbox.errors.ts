import { AppError, messageOf } from '@coorchat/kernel';

export type ToolErrorCode =
  /** The path leaves the task's folder, or cannot be a path. */
  | 'toolbox.path_refused'
  | 'toolbox.not_found'
  /** A folder where a file is needed, a pipe, a binary file, a file of too many bytes. */
  | 'toolbox.wrong_kind'
  /** The text to replace does not occur exactly as often as expected. */
  | 'toolbox.edit_mismatch'
  | 'toolbox.bad_argument'
  | 'toolbox.git_failed'
  /** Nothing is declared or found that could run. */
  | 'toolbox.no_check';

/** A tool cannot do what was asked. The message reaches the model and says what to do next. */
export class ToolError extends AppError {
  constructor(code: ToolErrorCode, message: string, cause?: unknown) {
    super({ code, kind: 'precondition', message, cause });
    this.name = 'ToolError';
  }
}

const SYSTEM_MESSAGES: Readonly<Record<string, string>> = {
  ENOENT: 'It does not exist. Use list_files to see what is there.',
  ENOTDIR: 'A part of the path is a file, not a folder.',
  EISDIR: 'It is a folder. Name a file, or use list_files.',
  ELOOP: 'A part of the path is a symbolic link that changed meanwhile or goes in circles.',
  EACCES: 'Permission denied.',
  EPERM: 'The operation is not permitted.',
  ENOSPC: 'The disk is full.',
  EDQUOT: 'The disk quota is used up.',
  EROFS: 'The file system is read-only.',
  ENAMETOOLONG: 'The path is too long.',
  EMFILE: 'Too many files are open; try again.',
};

/** What the model reads of anything that was thrown. */
export function explain(error: unknown): string {
  if (error instanceof AppError) return error.message;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return SYSTEM_MESSAGES[error.code] ?? `The system refused it (${error.code}).`;
  }
  return messageOf(error);
}

export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

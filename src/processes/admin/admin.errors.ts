import { AppError } from '@coorchat/kernel';

export const adminErrors = {
  usage: (text: string) => new AppError({ code: 'admin.usage', kind: 'invalid', message: text }),
  noPassphrase: () =>
    new AppError({
      code: 'admin.no_passphrase',
      kind: 'invalid',
      message:
        'A backup holds everything, and the key that opens its secrets. Encrypt it with --passphrase-file <file>, or say --unencrypted: then the key is left out, and you keep it elsewhere.',
    }),
  weakPassphrase: () =>
    new AppError({
      code: 'admin.weak_passphrase',
      kind: 'invalid',
      message:
        'The passphrase is shorter than 16 characters. Take a longer one, for example `openssl rand -base64 24`.',
    }),
  cannotDecrypt: (cause: unknown) =>
    new AppError({
      code: 'admin.cannot_decrypt',
      kind: 'invalid',
      message: 'This backup does not open with this passphrase, or it is damaged.',
      cause,
    }),
  encrypted: () =>
    new AppError({
      code: 'admin.encrypted',
      kind: 'invalid',
      message: 'The backup is encrypted: name the file with its passphrase by --passphrase-file <file>.',
    }),
  fileExists: (path: string) =>
    new AppError({
      code: 'admin.file_exists',
      kind: 'conflict',
      message: `${path} exists already. Name another file.`,
    }),
  noBackup: (path: string, cause?: unknown) =>
    new AppError({ code: 'admin.no_backup', kind: 'invalid', message: `${path} is no backup of CoorChat.`, cause }),
  otherVersion: (version: string, missing: readonly string[]) =>
    new AppError({
      code: 'admin.other_version',
      kind: 'precondition',
      message: `The backup was made by CoorChat ${version}, whose tables differ from this version's (${missing.join(', ')}). Restore it with version ${version}, then upgrade.`,
    }),
  notEmpty: () =>
    new AppError({
      code: 'admin.not_empty',
      kind: 'conflict',
      message: 'This database holds organizations already. Restore into an empty one.',
    }),
  otherKey: () =>
    new AppError({
      code: 'admin.other_key',
      kind: 'conflict',
      message:
        'The secret key here is not the one that the backup was made with. Take COORCHAT_SECRET_KEY away, or set it to the old one, and use an empty data directory.',
    }),
  keyNeeded: () =>
    new AppError({
      code: 'admin.key_needed',
      kind: 'precondition',
      message:
        'This backup carries no secret key. Set COORCHAT_SECRET_KEY, or put the old secret.key into the data directory.',
    }),
};

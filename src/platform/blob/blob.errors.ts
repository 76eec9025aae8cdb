import { AppError } from '@coorchat/kernel';

export function blobNotFound(digest: string): AppError {
  return new AppError({ code: 'blob.not_found', kind: 'not_found', message: `There is no blob ${digest}.` });
}

export function badDigest(): AppError {
  return new AppError({
    code: 'blob.bad_digest',
    kind: 'invalid',
    message: 'A digest is "sha256:" and 64 hexadecimal digits in lower case.',
  });
}

export function badRange(bytes: number): AppError {
  return new AppError({
    code: 'blob.bad_range',
    kind: 'invalid',
    message: `The range lies outside the blob's ${bytes} bytes.`,
    details: { bytes },
  });
}

export function tooLarge(maxBytes: number): AppError {
  return new AppError({
    code: 'blob.too_large',
    kind: 'quota',
    message: `The blob is larger than ${maxBytes} bytes.`,
    details: { maxBytes },
  });
}

export function offsetMismatch(offset: number): AppError {
  return new AppError({
    code: 'blob.offset_mismatch',
    kind: 'conflict',
    message: `The upload goes on at byte ${offset}.`,
    details: { offset },
  });
}

export function digestMismatch(expected: string, actual: string): AppError {
  return new AppError({
    code: 'blob.digest_mismatch',
    kind: 'invalid',
    message: `The content has the digest ${actual}, not ${expected}; it was thrown away.`,
    details: { expected, actual },
  });
}

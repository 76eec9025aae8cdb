import { AppError } from '@coorchat/kernel';
import type { RetentionBounds } from './retention.rules.js';

export const auditErrors = {
  badRetention: ({ minDays, maxDays }: RetentionBounds) =>
    new AppError({
      code: 'audit.bad_retention',
      kind: 'invalid',
      message: `Audit records are kept between ${minDays} and ${maxDays} days here.`,
      details: { minDays, maxDays },
    }),
  badCursor: () =>
    new AppError({ code: 'audit.bad_cursor', kind: 'invalid', message: 'The cursor is none that this list gave out.' }),
};

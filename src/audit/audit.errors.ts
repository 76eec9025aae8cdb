import { AppError } from '@coorchat/kernel';

export const auditErrors = {
  badCursor: () =>
    new AppError({ code: 'audit.bad_cursor', kind: 'invalid', message: 'The cursor is none that this list gave out.' }),
};

import { problemSchema } from '@coorchat/contracts';
import { AppError, ERROR_KINDS } from '@coorchat/kernel';
import { describe, expect, it } from 'vitest';
import { problemOf, STATUS_OF_KIND } from './problem.view.js';

describe('problemOf', () => {
  it.each(ERROR_KINDS)('translates the kind %s', (kind) => {
    const error = new AppError({ code: 'room.fault', kind, message: 'What happened.', details: { id: 1 } });
    const problem = problemOf(error, 'req_1');
    expect(problemSchema.parse(problem)).toEqual(problem);
    expect(problem.status).toBe(STATUS_OF_KIND[kind]);
    if (kind === 'internal') expect(JSON.stringify(problem)).not.toContain('What happened');
    else expect(problem).toMatchObject({ code: 'room.fault', detail: 'What happened.', details: { id: 1 } });
  });

  it.each([new Error('secret'), 'secret', null, undefined, { message: 'secret' }])('shows nothing of %j', (thrown) => {
    const problem = problemOf(thrown, 'req_1');
    expect(problem).toMatchObject({ status: 500, code: 'http.internal' });
    expect(JSON.stringify(problem)).not.toContain('secret');
  });
});
